import type { MemberStatus } from '../domain/image.js';
import { checkText, readJsonBody } from '../http/json-body.js';
import { sendJson } from '../http/send-json.js';
import { readMemberStatus, readNewMember } from './bodies/member-bodies.js';
import type { V2Exchange, V2Handler } from './exchange.js';
import { idOf } from './guards.js';
import { sendNothing } from './send.js';
import { memberView } from './views.js';

/** `GET /v2/images/{id}/members`: whom the image is shared with. */
export const listMembers: V2Handler = async (exchange) => {
  const { response, caller, members } = exchange;
  const id = idOf(exchange);
  const found = await members.list(caller, id);
  sendJson(response, 200, {
    members: found.map((member) => memberView(id, member)),
    schema: '/v2/schemas/members',
  });
};

/** `POST /v2/images/{id}/members`: shares the image with one more project. */
export const addMember: V2Handler = async (exchange) => {
  const { response, caller, members } = exchange;
  const project = readNewMember(await readJsonBody(exchange));
  const id = idOf(exchange);
  sendJson(response, 200, memberView(id, await members.add(caller, id, project)));
};

/** `GET /v2/images/{id}/members/{member}` */
export const showMember: V2Handler = async (exchange) => {
  const { response, caller, members } = exchange;
  const id = idOf(exchange);
  sendJson(response, 200, memberView(id, await members.show(caller, id, projectOf(exchange))));
};

/** `PUT /v2/images/{id}/members/{member}`: accepts or rejects an image. */
export const setMemberStatus: V2Handler = async (exchange) => {
  const { response, caller, members } = exchange;
  const status = readMemberStatus(await readJsonBody(exchange)) as MemberStatus;
  const id = idOf(exchange);
  sendJson(response, 200, memberView(id, await members.setStatus(caller, id, projectOf(exchange), status)));
};

/** `DELETE /v2/images/{id}/members/{member}`: shares the image with one project less. */
export const removeMember: V2Handler = async (exchange) => {
  const { response, caller, members } = exchange;
  await members.remove(caller, idOf(exchange), projectOf(exchange));
  sendNothing(response);
};

function projectOf({ params }: V2Exchange): string {
  const project = params.member ?? '';
  checkText(project);
  return project;
}
