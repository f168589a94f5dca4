import { RegistryError } from '../../errors.js';
import { TASK_STATUSES } from '../schemas/task-schemas.js';

const SORT_KEYS = ['id', 'type', 'status', 'expires_at', 'created_at', 'updated_at'];

/** What the parameters of `GET /v2/tasks` may be. */
const CHECKS: ReadonlyMap<string, (value: string) => boolean> = new Map([
  ['status', (value: string) => TASK_STATUSES.some((known) => known === value)],
  // As the reference, which lists imports of images by their tasks, but not by this filter.
  ['type', (value: string) => value === 'import'],
  ['limit', (value: string) => /^\d+$/.test(value)],
  // No task is there to begin behind.
  ['marker', () => false],
  ['sort_key', (value: string) => SORT_KEYS.includes(value)],
  ['sort_dir', (value: string) => value === 'asc' || value === 'desc'],
]);

/**
 * Refuses a query that the list of tasks does not understand.
 * @throws RegistryError `bad_request` naming the parameter
 */
export function checkTaskQuery(parameters: URLSearchParams): void {
  for (const [name, value] of parameters)
    if (CHECKS.get(name)?.(value) === false)
      throw new RegistryError('bad_request', `${name} cannot be that for a list of tasks.`);
}
