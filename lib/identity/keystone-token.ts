import { type Identity, hasRole } from '../domain/identity.js';

/** A valid token, as Keystone describes it. */
export interface TokenFacts {
  readonly identity: Identity;
  /** ms since 1970. */
  readonly expires: number;
}

/**
 * Reads the body of an answer about a token (Identity API v3, "Validate and show information for token"). Tokens without
 * scope, and those of a domain or the system, have no project.
 * @returns null when the body is not of that form
 */
export function readToken(body: unknown, adminRole: string): TokenFacts | null {
  const token = field(body, 'token');
  const expires = expiryOf(body);
  const user = field(field(token, 'user'), 'id');
  if (expires === null || typeof user !== 'string' || user === '') return null;
  const scope = field(token, 'project');
  const project = scope === undefined || scope === null ? null : field(scope, 'id');
  const listed = field(token, 'roles') ?? [];
  if (project !== null && (typeof project !== 'string' || project === '')) return null;
  if (!Array.isArray(listed)) return null;
  const roles = listed.map((role: unknown) => field(role, 'name'));
  if (!roles.every((role) => typeof role === 'string')) return null;
  return { identity: { user, project, roles, admin: hasRole(roles, adminRole) }, expires };
}

/** When the token that a body tells of ends, ms since 1970; null when it does not say. */
export function expiryOf(body: unknown): number | null {
  const text = field(field(body, 'token'), 'expires_at');
  const expires = typeof text === 'string' ? Date.parse(text) : NaN;
  return Number.isNaN(expires) ? null : expires;
}

/** Whether the body is an error of Keystone's own, not of a proxy or another server at that address. */
export function isKeystoneError(body: unknown, status: number): boolean {
  return field(field(body, 'error'), 'code') === status;
}

function field(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}
