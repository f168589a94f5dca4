import { parseUuid } from '../../domain/uuid.js';
import { RegistryError } from '../../errors.js';
import { readWord } from '../../http/read-word.js';
import type { TaskRequest } from '../../services/tasks.js';
import { TASK_STATUSES } from '../schemas/task-schemas.js';

const SORT_KEYS = ['id', 'type', 'status', 'expires_at', 'created_at', 'updated_at'] as const;
const SORT_DIRS = ['asc', 'desc'] as const;

/**
 * Reads the query of `GET /v2/tasks`; of a parameter that stands twice the last counts.
 * @returns null when it finds nothing, as the reference, which lists imports of images by their tasks, but not by the filter `type`
 * @throws RegistryError `bad_request` naming the parameter
 */
export function readTaskQuery(parameters: URLSearchParams): TaskRequest | null {
  const given = new Map(parameters);
  const limit = given.get('limit');
  if (limit !== undefined && !/^\d+$/.test(limit)) throw refused('limit');
  const marker = given.get('marker');
  const id = marker === undefined ? undefined : parseUuid(marker);
  if (id === null) throw refused('marker');
  const request = {
    status: readWord(given, 'status', TASK_STATUSES),
    owner: given.get('owner'),
    sortKey: readWord(given, 'sort_key', SORT_KEYS) ?? 'created_at',
    sortDir: readWord(given, 'sort_dir', SORT_DIRS) ?? 'desc',
    limit: limit === undefined ? undefined : Number(limit),
    marker: id,
  };
  return readWord(given, 'type', ['import']) === undefined ? request : null;
}

function refused(name: string): RegistryError {
  return new RegistryError('bad_request', `${name} is not valid for a list of tasks.`);
}
