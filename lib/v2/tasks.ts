import { RegistryError } from '../errors.js';
import { readJsonBody } from '../http/json-body.js';
import { sendJson } from '../http/send-json.js';
import { checkNewTask } from './bodies/new-task.js';
import type { V2Handler } from './exchange.js';
import { idOf } from './guards.js';
import { linkTo } from './listing/links.js';
import { checkTaskQuery } from './listing/task-query.js';

/** `GET /v2/images/{id}/tasks`: the imports of an image. There is no way to import yet, so that no image has any. */
export const listImageTasks: V2Handler = async (exchange) => {
  const { response, caller, images } = exchange;
  await images.show(caller, idOf(exchange));
  sendJson(response, 200, { tasks: [] });
};

/** `GET /v2/tasks`: the same of all images. */
export const listTasks: V2Handler = ({ request, response }) => {
  const { searchParams } = new URL(request.url, 'http://localhost');
  checkTaskQuery(searchParams);
  sendJson(response, 200, {
    tasks: [],
    first: linkTo('/v2/tasks', searchParams, null),
    schema: '/v2/schemas/tasks',
  });
  return Promise.resolve();
};

/** `GET /v2/tasks/{id}` */
export const showTask: V2Handler = () =>
  Promise.reject(new RegistryError('not_found', 'There is no such task.'));

/** `POST /v2/tasks`: the way in before there was import, which opens what import closes. */
export const createTask: V2Handler = async (exchange) => {
  checkNewTask(await readJsonBody(exchange));
  throw new RegistryError('forbidden', 'Tasks are made by importing images, not by themselves.');
};

/** `DELETE /v2/tasks/{id}` */
export const refuseDeletion: V2Handler = () =>
  Promise.reject(
    new RegistryError('method_not_allowed', 'A task cannot be deleted.', { headers: { Allow: 'GET' } }),
  );
