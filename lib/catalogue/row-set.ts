import { RegistryError } from '../errors.js';
import type { Fence, KeySpace, RecordValue, RowKey } from './key-space.js';
import { deriveRows, REGISTRY_KEY } from './rows.js';

/** The rows that a release works with. */
export interface RowLayout {
  /** Another number for every change of what `derive` gives, counted up. */
  readonly version: number;
  /** The rows of a record. */
  readonly derive: (key: string, value: RecordValue) => readonly RowKey[];
}

/** The rows of this release. */
export const LAYOUT: RowLayout = { version: 1, derive: deriveRows };

/** All rows of one version; those of the next one are made beside it. */
export interface RowSet {
  /** Version of the layout. */
  readonly version: number;
  /** What the key of each of its rows begins with. */
  readonly area: 'a' | 'b';
}

/** The rows that a reindex makes. */
export interface NextRowSet extends RowSet {
  /** Key of the last record whose rows are there; '' before the first; null while the area still holds what was there before. */
  readonly done: string | null;
}

/** What the catalogue says of its rows, in a record of its own. */
export interface CatalogueState {
  readonly rows: RowSet;
  readonly next: NextRowSet | null;
}

/** The key of that record. */
export const CATALOGUE_KEY = 'catalogue';
/** Rows by which every record is found, whatever the version of the other rows: this, and the record's key. */
export const RECORD_ROWS = { start: '\0', end: '\x01' } as const;
/** The most records or rows that one step of many takes. */
export const STEP = 4000;

/** What an empty key space begins with. */
export function firstState({ version }: RowLayout): CatalogueState {
  return { rows: { version, area: 'a' }, next: null };
}

export function stateOf(value: RecordValue): CatalogueState {
  // The record is written by those who use this type.
  return value as unknown as CatalogueState;
}

export function otherArea({ area }: RowSet): RowSet['area'] {
  return area === 'a' ? 'b' : 'a';
}

/** What every scan and commit of those who work with the rows carries. */
export function fenceOf({ rows, next }: CatalogueState): Fence {
  return { version: nameOf(rows), lock: next === null ? '' : nameOf(next) };
}

function nameOf({ version, area }: RowSet): string {
  return `${version}.${area}`;
}

/** The row by which a record is found. */
export function recordRow(key: string): RowKey {
  return RECORD_ROWS.start + key;
}

/** All rows of a record, as they stand in the key space. */
export function storedRows(
  key: string,
  value: RecordValue,
  layout: RowLayout,
  area: RowSet['area'],
): readonly RowKey[] {
  const rows = key === CATALOGUE_KEY ? [] : layout.derive(key, value).map((row) => area + row);
  return [recordRow(key), ...rows];
}

/**
 * Makes sure that a release may work with the catalogue.
 * @throws RegistryError `unavailable`, in words for the operator
 */
export function requireLayout({ rows, next }: CatalogueState, { version }: RowLayout): void {
  if (rows.version === version) return;
  refuseNewer(rows, version);
  throw new RegistryError(
    'unavailable',
    next?.version === version
      ? `a reindex of the catalogue from rows of version ${rows.version} to version ${version} was begun and is not finished: ${ADVICE}`
      : `the catalogue has rows of version ${rows.version}, this release needs version ${version}: ${ADVICE}`,
  );
}

/** @throws RegistryError `unavailable` for rows that only a newer release knows */
export function refuseNewer(rows: RowSet, version: number): void {
  if (rows.version <= version) return;
  throw new RegistryError(
    'unavailable',
    `the catalogue has rows of version ${rows.version}, a newer release has written it; this release knows rows up to version ${version}`,
  );
}

/** Whether there is nothing at all in a key space that has no state. */
export async function isEmpty(space: KeySpace): Promise<boolean> {
  await space.rebuild?.((key) => [recordRow(key)]);
  const [rows = []] = await space.scanMany([{ start: '\0', end: '\xff'.repeat(100), limit: 1 }]);
  // Release 0.1.0 wrote this record before any row.
  const [registry] = await space.get([REGISTRY_KEY]);
  return rows.length === 0 && registry === undefined;
}

/** @throws RegistryError `unavailable`, for records without any state */
export function refuseStateless(): never {
  throw new RegistryError(
    'unavailable',
    'the metadata is not empty, but says nothing of the version of its rows: it is of release 0.1.0, or of something else. ' +
      'Nothing takes it over: begin with an empty folder, database or namespace',
  );
}

const ADVICE = 'call registry.reindex(), or start the example server with --reindex';
