import type { Caller } from '../identity.js';

/** What rules know of a caller, by the names of oslo.policy; `tenant`, `tenant_id` and `user` are older names. */
export function credentialsOf(caller: Caller): Readonly<Record<string, unknown>> {
  return {
    user_id: caller.user,
    user: caller.user,
    project_id: caller.project,
    tenant_id: caller.project,
    tenant: caller.project,
    roles: caller.roles,
    is_admin: caller.admin,
    read_only: caller.readOnly,
  };
}
