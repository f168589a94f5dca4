import { requireWriter } from '../domain/access.js';
import { shareOf } from '../domain/identity.js';
import type { WantedMember } from '../domain/member-rules.js';
import { isObject } from '../domain/readers.js';
import { RegistryError } from '../errors.js';
import { bodyOf, readSmall } from '../http/body.js';
import type { Exchange } from '../http/context.js';

/** Most bytes of a body. */
const SIZE = 1024 * 1024;

/**
 * The body of `PUT /v1/images/{id}/members`. What is wrong with it is thrown when its content is asked for.
 * @throws RegistryError `too_large`
 */
export async function readMemberships(exchange: Exchange): Promise<() => readonly WantedMember[]> {
  const body = await readBody(exchange);
  return () => {
    const { memberships } = objectIn(body ?? '');
    // That these are memberships is for the use case to find out.
    return Array.isArray(memberships) ? memberships.map(known) : (memberships as readonly WantedMember[]);
  };
}

/**
 * Whether a member may share, by the body of `PUT /v1/images/{id}/members/{member}`, which may be missing. What is wrong with it is thrown
 * when its content is asked for.
 * @throws RegistryError `too_large`
 */
export async function readCanShare(exchange: Exchange): Promise<() => boolean | undefined> {
  const body = await readBody(exchange);
  return () => {
    if (body === null || body === '') return undefined;
    const { member = {} } = objectIn(body);
    if (!isObject(member))
      throw new RegistryError('bad_request', 'The member in the body must be an object.');
    return (member as { can_share?: boolean }).can_share;
  };
}

/** Other attributes of a membership are ignored. */
function known(membership: unknown): WantedMember {
  if (!isObject(membership)) return membership as WantedMember;
  const { member_id, can_share } = membership as WantedMember;
  return { member_id, can_share };
}

function objectIn(text: string): Readonly<Record<string, unknown>> {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw new RegistryError('bad_request', 'The body is not valid JSON.', { cause: error });
  }
  if (!isObject(document)) throw new RegistryError('bad_request', 'The body must be a JSON object.');
  return document as Readonly<Record<string, unknown>>;
}

/** Null when there is none. */
async function readBody({ request, caller, reading }: Exchange): Promise<string | null> {
  // Nothing is read for callers who may change nothing.
  requireWriter(caller);
  const body = bodyOf(request);
  return body === null
    ? null
    : (await readSmall(body, SIZE, reading.begin(shareOf(caller)))).toString('utf8');
}
