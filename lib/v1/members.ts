import { RegistryError } from '../errors.js';
import type { Exchange, Handler } from '../http/context.js';
import { sendJson } from '../http/send-json.js';
import { idOf } from './image-id.js';
import { readCanShare, readMemberships } from './member-bodies.js';

/** Most characters of a project id. */
const PROJECT_LENGTH = 255;

/** `GET /v1/images/{id}/members`: whom the image is shared with. */
export const listMembers: Handler = async (exchange) => {
  const { response, caller, members } = exchange;
  const found = await members.list(caller, idOf(exchange));
  sendJson(response, 200, { members: found.map(({ id, can_share }) => ({ member_id: id, can_share })) });
};

/** `PUT /v1/images/{id}/members`: shares the image with exactly these projects. */
export const replaceMembers: Handler = async (exchange) => {
  const { caller, members } = exchange;
  const id = idOf(exchange);
  await members.replace(caller, id, await readMemberships(exchange));
  sendNothing(exchange);
};

/** `PUT /v1/images/{id}/members/{member}`: shares the image with one more project. */
export const putMember: Handler = async (exchange) => {
  const { caller, members } = exchange;
  const id = idOf(exchange);
  await members.put(caller, id, projectOf(exchange, 'member'), await readCanShare(exchange));
  sendNothing(exchange);
};

/** `DELETE /v1/images/{id}/members/{member}`: shares the image with one project less. */
export const deleteMember: Handler = async (exchange) => {
  const { caller, members } = exchange;
  await members.remove(caller, idOf(exchange), projectOf(exchange, 'member'));
  sendNothing(exchange);
};

/** `GET /v1/shared-images/{project}`: the images that are shared with a project. */
export const listSharedImages: Handler = async (exchange) => {
  const { response, caller, members, signal } = exchange;
  const shared = await members.sharedWith(caller, projectOf(exchange, 'project'), { signal });
  sendJson(response, 200, { shared_images: shared });
};

function projectOf({ params }: Exchange, name: string): string {
  const project = params[name] ?? '';
  // Characters, not UTF-16 units, as in the body of a PUT.
  if (Array.from(project).length > PROJECT_LENGTH)
    throw new RegistryError('bad_request', `A project id has at most ${PROJECT_LENGTH} characters.`);
  return project;
}

function sendNothing({ response }: Exchange): void {
  response.statusCode = 204;
  response.end();
}
