import { Ajv, type ValidateFunction } from 'ajv';
import type { WantedMember } from '../domain/member-rules.js';
import { RegistryError } from '../errors.js';
import { bodyOf, readSmall } from '../http/body.js';
import type { Exchange } from '../http/context.js';

/** Most bytes of a body. */
const SIZE = 1024 * 1024;

const memberId = { type: 'string', minLength: 1, maxLength: 255 };
const canShare = { type: 'boolean' };

interface MembershipsBody {
  readonly memberships: readonly WantedMember[];
}

interface MemberBody {
  readonly member?: { readonly can_share?: boolean };
}

const memberships = lazily<MembershipsBody>({
  type: 'object',
  required: ['memberships'],
  properties: {
    memberships: {
      type: 'array',
      items: {
        type: 'object',
        required: ['member_id'],
        properties: { member_id: memberId, can_share: canShare },
      },
    },
  },
});

const member = lazily<MemberBody>({
  type: 'object',
  properties: { member: { type: 'object', properties: { can_share: canShare } } },
});

/**
 * The body of `PUT /v1/images/{id}/members`.
 * @throws RegistryError `bad_request`, `too_large`
 */
export async function readMemberships(exchange: Exchange): Promise<readonly WantedMember[]> {
  const { memberships: wanted } = await readBody(exchange, memberships(), null);
  return wanted.map(({ member_id, can_share }) => wantedMember(member_id, can_share));
}

/**
 * The body of `PUT /v1/images/{id}/members/{member}`, which may be missing.
 * @throws RegistryError `bad_request`, `too_large`
 */
export async function readMember(exchange: Exchange, memberId: string): Promise<WantedMember> {
  const body = await readBody(exchange, member(), {});
  return wantedMember(memberId, body.member?.can_share);
}

function wantedMember(member_id: string, can_share: boolean | undefined): WantedMember {
  return { member_id, ...(can_share === undefined ? {} : { can_share }) };
}

async function readBody<T>(
  { request }: Exchange,
  validate: ValidateFunction<T>,
  missing: T | null,
): Promise<T> {
  const body = bodyOf(request);
  if (body === null && missing !== null) return missing;
  const text = body === null ? '' : (await readSmall(body, SIZE)).toString('utf8');
  if (text === '' && missing !== null) return missing;
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw new RegistryError('bad_request', 'The body is no JSON.', { cause: error });
  }
  if (validate(document)) return document;
  const { instancePath = '', message = 'is not valid' } = validate.errors?.[0] ?? {};
  throw new RegistryError('bad_request', `The body${instancePath.replaceAll('/', ' ')} ${message}.`);
}

/** Compiled when first needed: nothing runs at import. */
function lazily<T>(schema: object): () => ValidateFunction<T> {
  let compiled: ValidateFunction<T> | undefined;
  return () => (compiled ??= new Ajv({ strict: true, strictRequired: false }).compile<T>(schema));
}
