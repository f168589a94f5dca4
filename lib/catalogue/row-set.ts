import { isDeepStrictEqual } from 'node:util';
import { RegistryError } from '../errors.js';
import type { Fence, KeySpace, RecordValue, RowKey } from './key-space.js';
import { deriveRows, REGISTRY_KEY } from './rows.js';

/** The rows that a release works with. */
export interface RowLayout {
  /** Another number for every change of what `derive` gives, counted up. */
  readonly version: number;
  /**
   * The rows of a record.
   * @param indexed keys of the properties that have rows
   */
  readonly derive: (key: string, value: RecordValue, indexed: readonly string[]) => readonly RowKey[];
  /** Keys of the properties that are to have rows; undefined: those that have. */
  readonly indexed: readonly string[] | undefined;
}

/** The rows of this release. */
export const LAYOUT: RowLayout = { version: 1, derive: deriveRows, indexed: undefined };

/** Properties that have rows in a new catalogue whose operator names none. */
const INDEXED = ['os_distro', 'os_version', 'os_type', 'architecture', 'hypervisor_type'];

/** All rows of one version and one choice of properties; those of the next one are made beside them. */
export interface RowSet {
  /** Version of the layout. */
  readonly version: number;
  /** Keys of the properties that have rows, in order. */
  readonly indexed: readonly string[];
  /** 1 for the first one of the catalogue, counted up by every reindex. */
  readonly generation: number;
}

/** The rows that a reindex makes. */
export interface NextRowSet extends RowSet {
  /** Key of the last record whose rows are there; '' before the first; null while their place still holds older ones. */
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
export function firstState(layout: RowLayout): CatalogueState {
  const indexed = sorted(layout.indexed ?? INDEXED);
  return { rows: { version: layout.version, indexed, generation: 1 }, next: null };
}

/** The rows that a release makes of those that there are. */
export function nextRows(rows: RowSet, { version, indexed }: RowLayout): RowSet {
  return { version, indexed: sorted(indexed ?? rows.indexed), generation: rows.generation + 1 };
}

function sorted(keys: readonly string[]): string[] {
  return [...new Set(keys)].sort();
}

export function stateOf(value: RecordValue): CatalogueState {
  // The record is written by those who use this type.
  return value as unknown as CatalogueState;
}

/** Whether these are the rows that a release works with. */
export function fits({ version, indexed }: RowSet, layout: RowLayout): boolean {
  if (version !== layout.version) return false;
  return layout.indexed === undefined || isDeepStrictEqual(indexed, sorted(layout.indexed));
}

/** What every scan and commit of those who work with the rows carries. */
export function fenceOf({ rows, next }: CatalogueState): Fence {
  return { version: nameOf(rows), lock: next === null ? '' : nameOf(next) };
}

function nameOf({ version, generation }: RowSet): string {
  return `${version}.${generation}`;
}

/** What the rows of a set begin with: there are never more than two sets. */
export function areaOf({ generation }: Pick<RowSet, 'generation'>): 'a' | 'b' {
  return generation % 2 === 1 ? 'a' : 'b';
}

/** The row by which a record is found. */
export function recordRow(key: string): RowKey {
  return RECORD_ROWS.start + key;
}

/** All rows of a record, as they stand in the key space. */
export function storedRows(key: string, value: RecordValue, { derive }: RowLayout, set: RowSet): RowKey[] {
  const rows = key === CATALOGUE_KEY ? [] : derive(key, value, set.indexed);
  return [recordRow(key), ...rows.map((row) => areaOf(set) + row)];
}

/**
 * Makes sure that a release may work with the catalogue.
 * @throws RegistryError `unavailable`, in words for the operator
 */
export function requireLayout({ rows, next }: CatalogueState, layout: RowLayout): void {
  if (fits(rows, layout)) return;
  refuseNewer(rows, layout);
  throw new RegistryError('unavailable', `${wordsFor(rows, next, layout)}: ${ADVICE}`);
}

function wordsFor(rows: RowSet, next: RowSet | null, layout: RowLayout): string {
  if (next !== null && fits(next, layout))
    return `a reindex of the catalogue from rows of version ${rows.version} to version ${next.version} was begun and is not finished`;
  if (rows.version !== layout.version)
    return `the catalogue has rows of version ${rows.version}, this release needs version ${layout.version}`;
  return `the catalogue indexes the properties ${listOf(rows.indexed)}, not ${listOf(sorted(layout.indexed ?? []))}`;
}

function listOf(keys: readonly string[]): string {
  return keys.length === 0 ? '(none)' : keys.join(', ');
}

/** @throws RegistryError `unavailable` for rows that only a newer release knows */
export function refuseNewer(rows: RowSet, { version }: RowLayout): void {
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
