import type { Identity } from '../domain/identity.js';

/** Somebody without credentials, where that is allowed: reads what is public. */
export const ANONYMOUS: Identity = { user: null, project: null, roles: [], admin: false, readOnly: true };
