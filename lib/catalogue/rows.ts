import { createHash } from 'node:crypto';
import { firstChore } from '../domain/image-chores.js';
import { RegistryError } from '../errors.js';
import type { Image } from '../domain/image.js';
import { storedImage, wholeImage } from './image-record.js';
import type { RecordValue, RowKey } from './key-space.js';
import { listingRows } from './listing-rows.js';
import { decodeId, encodeId, encodeTime } from './row-encoding.js';

/*
 * The rows of the index besides those of listings, which have the kinds 1 and 5: (kind, due, id) for images with something to remove,
 * (kind, process, id) for images with blobs that somebody writes, (kind, id) for processes, (kind, task, id) for images with tasks. All rows end in
 * the 16 bytes of an id.
 */
const DOOMED = '\x02';
const WRITTEN = '\x03';
const PROCESS = '\x04';
const TASK = '\x06';

/** The row by which an image with something to remove is found, in the order of when the first of it is due. */
export function doomedRow(due: string, id: string): RowKey {
  return DOOMED + encodeTime(due) + encodeId(id);
}

/** The row by which an image is found to which a registry writes a blob. */
export function writtenRow(process: string, id: string): RowKey {
  return WRITTEN + encodeId(process) + encodeId(id);
}

/** The registry that a row of `WRITTEN_ROWS` names. */
export function writerOf(row: RowKey): string {
  return decodeId(row.slice(0, row.length - 16));
}

/** The row by which a registry that writes is found. */
export function processRow(process: string): RowKey {
  return PROCESS + encodeId(process);
}

/** The range of the images to which a registry writes. */
export function writtenBy(process: string): { readonly start: RowKey; readonly end: RowKey } {
  const start = WRITTEN + encodeId(process);
  return { start, end: `${start}${'\xff'.repeat(17)}` };
}

/** The row by which the image of a task is found. */
export function taskRow(task: string, id: string): RowKey {
  return TASK + encodeId(task) + encodeId(id);
}

/** The range of the images, one or none, that have a task. */
export function withTask(task: string): { readonly start: RowKey; readonly end: RowKey } {
  const start = TASK + encodeId(task);
  return { start, end: `${start}${'\xff'.repeat(17)}` };
}

/** The ranges of all rows of a kind. */
export const DOOMED_ROWS = { start: DOOMED, end: WRITTEN } as const;
export const WRITTEN_ROWS = { start: WRITTEN, end: PROCESS } as const;
export const PROCESS_ROWS = { start: PROCESS, end: '\x05' } as const;
export const TASK_ROWS = { start: TASK, end: '\x07' } as const;

/**
 * All rows of an image: those of listings, and those that lead the janitor to its blobs.
 * @param indexed keys of the properties that have rows
 */
export function imageRows(image: Image, indexed: readonly string[]): RowKey[] {
  const rows = [...listingRows(image, indexed)];
  const due = firstChore(image);
  if (due !== null) rows.push(doomedRow(due, image.id));
  for (const process of new Set(image.blobs.map((blob) => blob.process)))
    if (process !== null) rows.push(writtenRow(process, image.id));
  for (const task of image.tasks ?? []) rows.push(taskRow(task.id, image.id));
  return rows;
}

const IMAGE = 'image/';

/** The key of an image's record. */
export function imageKey(id: string): string {
  return IMAGE + id;
}

/** The key of the record of a registry that writes. */
export function processKey(id: string): string {
  return `process/${id}`;
}

/** What is counted of a project: stored data, or bytes that wait to be imported. */
export type UsageKind = 'stored' | 'staged';

/** The key of the record that counts a project's storage. */
export function usageKey(project: string, kind: UsageKind = 'stored'): string {
  const hash = createHash('sha256').update(project).digest('hex').slice(0, 32);
  return kind === 'stored' ? `usage/${hash}` : `usage/staged/${hash}`;
}

/** The key of the record of the registry itself. */
export const REGISTRY_KEY = 'registry';

/** What is left of an image after years: its id can never be used again. */
export interface Tombstone {
  readonly id: string;
  readonly tombstone: true;
}

/** Whether a record only keeps an id from being used again. */
export function isTombstone(value: RecordValue): boolean {
  return value.tombstone === true;
}

/** What is stored as the record of this key: images without what is usual. */
export function storedValue(key: string, value: RecordValue): RecordValue {
  return isImage(key, value) ? storedImage(imageOf(value)) : value;
}

/** What is worked with, of what is stored under this key: whole images. Something whole stays as it is. */
export function wholeValue(key: string, stored: RecordValue): RecordValue {
  return isImage(key, stored) ? wholeImage(key.slice(IMAGE.length), stored) : stored;
}

function isImage(key: string, value: RecordValue): boolean {
  return key.startsWith(IMAGE) && !isTombstone(value);
}

/** The image of a record that is no tombstone. */
export function imageOf(value: RecordValue): Image {
  // The catalogue alone writes these records, and it writes images.
  return value as unknown as Image;
}

/**
 * The rows of any record of the registry, whole or as it is stored.
 * @param indexed keys of the properties that have rows
 * @throws RegistryError `internal` for a record that is not of the registry
 */
export function deriveRows(key: string, value: RecordValue, indexed: readonly string[]): RowKey[] {
  if (key.startsWith(IMAGE))
    return isTombstone(value) ? [] : imageRows(wholeImage(key.slice(IMAGE.length), value), indexed);
  if (key.startsWith('process/')) return [processRow(key.slice('process/'.length))];
  if (key.startsWith('usage/') || key === REGISTRY_KEY) return [];
  throw new RegistryError('internal', `No rows are known for the record ${key}`);
}
