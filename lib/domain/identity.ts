/** Who is calling, as the identity strategy of the registry says. */
export interface Identity {
  readonly user: string | null;
  /** Project id; null: a caller without a project, who owns nothing. */
  readonly project: string | null;
  readonly roles: readonly string[];
  /** May see and change everything. Default: the role `admin` is among the roles. */
  readonly admin?: boolean;
  /** Reads only: anonymous callers. Default false. */
  readonly readOnly?: boolean;
}

/** An identity with nothing left open, as the use cases take it: `callerOf(identity)`. */
export interface Caller extends Required<Identity> {
  /** Id of the request that the caller has sent; absent where there is none. */
  readonly requestId?: string;
}

/**
 * Fills in what an identity leaves open.
 * @param requestId what listeners of events learn of the request behind it. Default: nothing
 */
export function callerOf(identity: Identity, requestId?: string): Caller {
  return {
    ...identity,
    // Images whose owner is without characters are nobody's.
    project: identity.project === '' ? null : identity.project,
    admin: identity.admin ?? hasRole(identity.roles, 'admin'),
    readOnly: identity.readOnly ?? false,
    ...(requestId === undefined ? {} : { requestId }),
  };
}

/** What the shares and turns of a caller are counted by: its project, and its user when it has none. */
export function shareOf({ project, user }: Pick<Caller, 'project' | 'user'>): string {
  if (project !== null) return `project ${project}`;
  return user === null ? 'anonymous' : `user ${user}`;
}

/** Whether `wanted` is among the roles. Roles are compared without case, as OpenStack's policies do. */
export function hasRole(roles: readonly string[], wanted: string): boolean {
  return roles.some((role) => role.toLowerCase() === wanted.toLowerCase());
}

/** Somebody without credentials, where that is allowed: reads what is public. */
export const ANONYMOUS: Identity = { user: null, project: null, roles: [], admin: false, readOnly: true };
