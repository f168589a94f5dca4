import { RegistryError } from '../../errors.js';

/** Most characters of a project id. */
const PROJECT_LENGTH = 255;

/**
 * The body of `POST /v2/images/{id}/members`: the project to share with. Further keys do not matter.
 * @throws RegistryError `bad_request`
 */
export function readNewMember(body: unknown): string {
  const member = valueIn(body, 'member');
  if (typeof member !== 'string' || member === '' || Array.from(member).length > PROJECT_LENGTH)
    throw new RegistryError('bad_request', `member must be a string of 1 to ${PROJECT_LENGTH} characters.`);
  return member;
}

/**
 * The body of `PUT /v2/images/{id}/members/{member}`: what the member says to the image. Whether that is a status is asked once it is known that
 * the caller may say anything.
 * @throws RegistryError `bad_request`
 */
export function readMemberStatus(body: unknown): unknown {
  return valueIn(body, 'status');
}

function valueIn(body: unknown, key: string): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new RegistryError('bad_request', 'The body must be a JSON object.');
  if (!Object.hasOwn(body, key)) throw new RegistryError('bad_request', `${key} is missing.`);
  return (body as Readonly<Record<string, unknown>>)[key];
}
