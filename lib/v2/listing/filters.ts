import type { ImageFilters } from '../../domain/image-filters.js';
import { RegistryError } from '../../errors.js';
import { quoted } from '../schemas/refusal.js';
import { readQuotedList } from './quoted-list.js';
import { readTimeSpan } from './time-span.js';

/** A reader of one parameter: what it means for the filters. */
type Reader = (value: string, name: string) => ImageFilters;

/** Words before a colon that compare, where they are understood. */
const COMPARISONS = ['eq', 'neq', 'gt', 'gte', 'lt', 'lte', 'in'];

/** `eq:` (default) and `in:` with a list. */
const oneOf: Reader = (value, name) => {
  const [, word = '', rest = ''] = /^([^:]*):(.*)$/s.exec(value) ?? [];
  if (!value.includes(':')) return { [name]: value };
  if (word === 'eq') return { [name]: rest };
  if (word === 'in') return { [name]: readQuotedList(rest, name) };
  // A name may have a colon of its own: `openstack image show ubuntu:22.04`.
  if (name === 'name' && !COMPARISONS.includes(word)) return { [name]: value };
  throw new RegistryError('bad_request', `${name} supports only eq: and in:, not ${quoted(word)}.`);
};

const id: Reader = (value, name) => {
  const { id: wanted } = oneOf(value, name);
  return { id: typeof wanted === 'string' ? wanted.toLowerCase() : wanted?.map((one) => one.toLowerCase()) };
};

const text: Reader = (value, name) => ({ [name]: value });

/** A number as text; what is none is no image's. */
const number: Reader = (value, name) => ({
  [name]: /^(0|[1-9]\d{0,15})$/.test(value) ? Number(value) : null,
});

const bound: Reader = (value, name) => {
  if (!/^[+-]?\d+$/.test(value)) throw new RegistryError('bad_request', `${name} must be a whole number.`);
  const most = Number.MAX_SAFE_INTEGER;
  return { [name]: Math.max(-1, Math.min(Number(value), most)) };
};

const boolean: Reader = (value, name) => {
  if (value !== 'true' && value !== 'false')
    throw new RegistryError('bad_request', `${name} must be true or false.`);
  return { [name]: value === 'true' };
};

const time: Reader = (value, name) => ({ [name]: readTimeSpan(value, name) });

/** THE TABLE of filters; every other parameter is an extra property that must have exactly that value. */
const READERS: ReadonlyMap<string, Reader> = new Map([
  ['name', oneOf],
  ['id', id],
  ['status', oneOf],
  ['disk_format', oneOf],
  ['container_format', oneOf],
  ['created_at', time],
  ['updated_at', time],
  ['owner', text],
  ['checksum', text],
  ['os_hash_algo', text],
  ['os_hash_value', text],
  ['min_ram', number],
  ['min_disk', number],
  ['size', number],
  ['virtual_size', number],
  ['size_min', bound],
  ['size_max', bound],
  ['min_ram_min', bound],
  ['min_ram_max', bound],
  ['min_disk_min', bound],
  ['min_disk_max', bound],
  ['virtual_size_min', bound],
  ['virtual_size_max', bound],
  ['protected', boolean],
]);

/**
 * Reads filters, all of which must hold.
 * @param nothing whether no image may pass, whatever the filters say
 * @throws RegistryError `bad_request` naming the parameter
 */
export function readFilters(given: readonly (readonly [string, string])[], nothing: boolean): ImageFilters {
  const tags = given.filter(([name]) => name === 'tag').map(([, value]) => value.trim());
  const others = new Map(given.filter(([name]) => name !== 'tag'));
  const properties = [...others].filter(([name]) => !READERS.has(name));
  const fields = [...others].map(([name, value]) => READERS.get(name)?.(value, name) ?? {});
  return Object.assign({}, ...fields, {
    ...(tags.length === 0 ? {} : { tags }),
    ...(properties.length === 0 ? {} : { properties: Object.fromEntries(properties) }),
    ...(nothing ? { status: [] } : {}),
  }) as ImageFilters;
}
