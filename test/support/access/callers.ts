import type { Authenticate, Identity } from '../../../lib/index.js';
import { devTokens } from '../../../lib/index.js';

/** Projects that the images of the access tests are about. */
export const OWNER = 'blue';
export const MEMBER = 'green';
export const SHARER = 'gold';

/** Every kind of caller, by token; null sends none. */
export const CALLERS = {
  owner: `ann:${OWNER}:member`,
  member: `mia:${MEMBER}:member`,
  sharer: `sam:${SHARER}:member`,
  stranger: 'eve:black:member',
  reader: 'reader',
  'no project': 'lou::member',
  anonymous: 'anonymous',
  admin: 'root:red:admin',
  'admin, no project': 'root::admin',
  nobody: null,
} as const;
export type CallerName = keyof typeof CALLERS;
export const CALLER_NAMES = Object.keys(CALLERS) as readonly CallerName[];

const READ_ONLY: Readonly<Record<string, Identity>> = {
  [CALLERS.reader]: { user: 'ron', project: OWNER, roles: ['member'], readOnly: true },
  [CALLERS.anonymous]: { user: null, project: null, roles: [], readOnly: true },
};

/** devTokens and, for the tokens `reader` and `anonymous`, callers who may only read. */
export function everyCaller(): Authenticate {
  const tokens = devTokens();
  return Object.assign(
    (request: Parameters<Authenticate>[0]) => {
      const token = request.headers['x-auth-token'];
      return (typeof token === 'string' ? READ_ONLY[token] : undefined) ?? tokens(request);
    },
    { challenge: tokens.challenge ?? '' },
  );
}
