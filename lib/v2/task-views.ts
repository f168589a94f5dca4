import type { ImportRequest, ImportTask } from '../domain/import-task.js';
import type { ImageTask } from '../services/tasks.js';
import { seconds } from './views.js';

/** A task in the list of an image, as the reference shows it there: as its database has it. */
export function imageTaskView(image: string, task: ImportTask): object {
  return {
    id: task.id,
    type: TYPE,
    status: task.status,
    owner: task.owner,
    expires_at: expiryOf(task),
    created_at: seconds(task.created_at),
    updated_at: seconds(task.updated_at),
    deleted_at: null,
    deleted: false,
    ...detailsOf(image, task),
  };
}

/** A task in a list of tasks. */
export function briefTaskView(task: ImageTask): object {
  const { id, status, owner } = task;
  const expires_at = expiryOf(task);
  return {
    id,
    type: TYPE,
    status,
    owner,
    created_at: seconds(task.created_at),
    updated_at: seconds(task.updated_at),
    ...(expires_at === null ? {} : { expires_at }),
    self: `/v2/tasks/${id}`,
    schema: '/v2/schemas/task',
  };
}

/** A task with all that is known of it. */
export function taskView(task: ImageTask): object {
  return { ...briefTaskView(task), ...detailsOf(task.image, task) };
}

const TYPE = 'api_image_import';

function expiryOf({ expires_at }: ImportTask): string | null {
  return expires_at === null ? null : seconds(expires_at);
}

function detailsOf(image: string, { request, user, input, backend, status, message }: ImportTask): object {
  return {
    image_id: image,
    request_id: request,
    user_id: user,
    input: { image_id: image, import_req: requestView(input), backend },
    result: status === 'success' ? { image_id: image } : null,
    message,
  };
}

/** The body that has begun it. */
function requestView({ method, uri, stores, allStores, allStoresMustSucceed }: ImportRequest): object {
  return {
    method: { name: method, ...(uri === undefined ? {} : { uri }) },
    ...(stores === undefined ? {} : { stores }),
    ...(allStores === undefined ? {} : { all_stores: allStores }),
    ...(allStoresMustSucceed === undefined ? {} : { all_stores_must_succeed: allStoresMustSucceed }),
  };
}
