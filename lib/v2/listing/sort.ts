import { SORT_KEYS, type SortOrder } from '../../domain/query.js';
import { RegistryError } from '../../errors.js';

/**
 * The order that a query asks for, as `sort=key:dir,key` or as `sort_key` and `sort_dir`, each of them as often as one likes. Behind the keys that
 * are named come created_at and id, in the direction that was given when it is the only one, else descending.
 * @throws RegistryError `bad_request`
 */
export function readSort(parameters: URLSearchParams): readonly SortOrder[] {
  const sort = parameters.getAll('sort').at(-1);
  const keys = parameters.getAll('sort_key');
  const dirs = parameters.getAll('sort_dir');
  if (sort === undefined)
    return completed(orders(keys.length === 0 ? ['created_at'] : keys, dirs), dirs.length);
  if (keys.length + dirs.length > 0)
    throw new RegistryError('bad_request', 'sort cannot be combined with sort_key or sort_dir.');
  const parts = sort.split(',');
  return completed(
    parts.map((part) => {
      const [key = '', dir = '', ...more] = part.split(':').map((word) => word.trim());
      if (more.length > 0) throw new RegistryError('bad_request', 'sort must be a list of KEY:DIR.');
      return orderOf(key, dir === '' ? 'desc' : dir);
    }),
    parts.length,
  );
}

function orders(keys: readonly string[], dirs: readonly string[]): readonly SortOrder[] {
  if (dirs.length > 1 && dirs.length !== keys.length)
    throw new RegistryError('bad_request', 'There must be one sort_dir for all, or one for each sort_key.');
  return keys.map((key, index) => orderOf(key, (dirs.length > 1 ? dirs[index] : dirs[0]) ?? 'desc'));
}

function orderOf(wanted: string, dir: string): SortOrder {
  const key = SORT_KEYS.find((known) => known === wanted);
  if (key === undefined)
    throw new RegistryError('bad_request', `Images can be sorted by ${SORT_KEYS.join(', ')}.`);
  if (dir !== 'asc' && dir !== 'desc')
    throw new RegistryError('bad_request', 'The direction of a sort must be asc or desc.');
  return { key, dir };
}

/** Every order ends in one that no two images share; a key that comes again changes nothing. */
function completed(asked: readonly SortOrder[], dirs: number): readonly SortOrder[] {
  const dir = dirs === 1 ? (asked[0]?.dir ?? 'desc') : 'desc';
  const all = [...asked, { key: 'created_at', dir }, { key: 'id', dir }] as const;
  return all.filter((order, index) => all.findIndex(({ key }) => key === order.key) === index);
}
