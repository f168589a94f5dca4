import { CALLERS } from './callers.js';

/** Every kind of caller of the Images API v2, by token; null sends none. What they may do depends on their roles, too. */
export const CALLERS_V2 = {
  owner: CALLERS.owner,
  accepted: CALLERS.sharer,
  pending: CALLERS.member,
  stranger: CALLERS.stranger,
  'role reader': 'rob:blue:reader',
  'no role': 'nat:blue:',
  'read only': CALLERS.reader,
  'no project': CALLERS['no project'],
  admin: CALLERS.admin,
  'admin, no project': CALLERS['admin, no project'],
  nobody: CALLERS.nobody,
} as const;
export type CallerV2Name = keyof typeof CALLERS_V2;
