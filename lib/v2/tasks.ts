import { RegistryError } from '../errors.js';
import { readJsonBody } from '../http/json-body.js';
import { sendJson } from '../http/send-json.js';
import { checkNewTask } from './bodies/new-task.js';
import type { V2Handler } from './exchange.js';
import { idOf } from './guards.js';
import { linkTo } from './listing/links.js';
import { readTaskQuery } from './listing/task-query.js';
import { briefTaskView, imageTaskView, taskView } from './task-views.js';

/** `GET /v2/images/{id}/tasks`: the imports of an image. */
export const listImageTasks: V2Handler = async (exchange) => {
  const { response, caller, images } = exchange;
  const id = idOf(exchange);
  const tasks = await images.tasks(caller, id);
  sendJson(response, 200, { tasks: tasks.map((task) => imageTaskView(id, task)) });
};

/** `GET /v2/tasks`: the same of all images. */
export const listTasks: V2Handler = async ({ search, response, tasks }) => {
  const given = new URLSearchParams(search);
  const wanted = readTaskQuery(given);
  const page = wanted === null ? NO_TASKS : await tasks.page(wanted);
  sendJson(response, 200, {
    tasks: page.tasks.map(briefTaskView),
    first: linkTo('/v2/tasks', given, null),
    ...(page.next === null ? {} : { next: linkTo('/v2/tasks', given, page.next) }),
    schema: '/v2/schemas/tasks',
  });
};

const NO_TASKS = { tasks: [], next: null };

/** `GET /v2/tasks/{id}` */
export const showTask: V2Handler = async ({ response, params, tasks }) => {
  sendJson(response, 200, taskView(await tasks.show(params.task ?? '')));
};

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
