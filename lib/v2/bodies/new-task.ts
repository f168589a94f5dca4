import { RegistryError } from '../../errors.js';
import { TASK_TYPES } from '../schemas/task-schemas.js';

/**
 * Refuses what is no body of `POST /v2/tasks`.
 * @throws RegistryError `bad_request`
 */
export function checkNewTask(body: unknown): void {
  if (!isObject(body)) throw new RegistryError('bad_request', 'The body must be a JSON object.');
  const { type, input } = body as { readonly type?: unknown; readonly input?: unknown };
  if (!TASK_TYPES.some((known) => known === type))
    throw new RegistryError('bad_request', `type must be one of ${TASK_TYPES.join(', ')}.`);
  if (!isObject(input)) throw new RegistryError('bad_request', 'input must be an object.');
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
