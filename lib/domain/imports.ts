import { withBlob } from './blob-entries.js';
import type { BlobEntry, Image } from './image.js';
import { withChangedTask, withEndedTask, withTask } from './image-tasks.js';
import type { ImportTask } from './import-task.js';
import { keptEntry, type LandedData } from './landed-data.js';
import type { Time } from './times.js';

/** What an import tells of itself in an image's properties, as in the reference. */
const TASK = 'os_glance_import_task';
const IMPORTING = 'os_glance_importing_to_stores';
const FAILED = 'os_glance_failed_import';

/** How an import ends that will not go on. */
export interface ImportEnd {
  /** For the image's owner. */
  readonly message: string;
  readonly now: Time;
  /** When what its writer has left is to be removed for the last time. */
  readonly due: Time;
}

/**
 * The record of an image that an import is taken on for. Staged bytes that lie in a store where the data is wanted become the data without being moved;
 * when that is all, the import is over.
 * @param blobs entries of the blobs that are to be written
 */
export function withImport(image: Image, task: ImportTask, blobs: readonly BlobEntry[]): Image {
  const now = task.created_at;
  const isCopy = task.input.method === 'copy-image';
  const claimed = image.blobs.map((blob) =>
    !isCopy && isStaged(blob) ? { ...blob, task: task.id, due: null } : blob,
  );
  const begun = withTask({ ...image, blobs: [...claimed, ...blobs], updated_at: now }, task);
  const marked = withMarks(begun, { [TASK]: task.id, [IMPORTING]: task.backend.join(), [FAILED]: '' });
  return settled(isCopy ? marked : { ...marked, status: 'importing', message: null }, task.id, now);
}

/** The record once the work has begun. */
export function withImportBegun(image: Image, task: string, now: Time): Image {
  return withChangedTask(image, task, { status: 'processing' }, now);
}

/** The record once a blob of an import is whole; null when it is not wanted any more. */
export function withLanded(image: Image, blob: string, landed: LandedData, now: Time): Image | null {
  const entry = image.blobs.find(({ id }) => id === blob);
  if (entry?.state !== 'writing' || entry.task === undefined) return null;
  const kept = { ...keptEntry(image, entry, landed), facts: landed.facts };
  const next = { ...withBlob(image, kept), size: image.size ?? landed.size, updated_at: now };
  return settled(withoutStore(next, entry.store), entry.task, now);
}

/** The record once a store has failed to take its blob; null when that is not news. */
export function withMissed(image: Image, blob: string, end: ImportEnd): Image | null {
  const entry = image.blobs.find(({ id }) => id === blob);
  if (entry?.state !== 'writing' || entry.task === undefined) return null;
  const rest = withFailed(withBlob(image, givenBack(entry, end)), [entry.store]);
  const { task, writing, landed } = workOf(rest, entry.task);
  if (mustAll(task) || writing.length + landed.length === 0) return failed(rest, entry.task, [], end);
  return settled(rest, entry.task, end.now);
}

/**
 * The record after an import that will not go on: it keeps what it has got where that is what was asked for, else the image is queued again, or
 * as active as it was.
 * @returns null when there is nothing (more) to end
 */
export function withImportGivenUp(image: Image, id: string, end: ImportEnd): Image | null {
  const held = image.blobs.some(({ task, process }) => task === id && process !== null);
  const { task, writing, landed } = workOf(image, id);
  if (!held && task?.expires_at !== null) return null;
  const blobs = image.blobs.map((blob) =>
    blob.task === id && blob.process !== null ? givenBack(blob, end) : blob,
  );
  const rest = { ...image, blobs };
  // Deleted meanwhile, or ended by somebody else.
  if (task?.expires_at !== null) return rest;
  if (mustAll(task) || landed.length === 0) return failed(rest, id, task.backend, end);
  const stores = writing.map(({ store }) => store);
  return settled(withFailed(rest, stores), id, end.now);
}

/** The record of an image whose staged bytes nobody has imported in time. */
export function withoutStaged(image: Image, now: Time): Image {
  const due = image.blobs.filter((blob) => isStaged(blob) && blob.due !== null && blob.due <= now);
  if (due.length === 0) return image;
  const blobs = image.blobs.map((blob) =>
    due.includes(blob) ? { ...blob, state: 'doomed' as const } : blob,
  );
  const message = 'The staged data was not imported in time.';
  return image.status === 'uploading'
    ? { ...image, blobs, status: 'queued', size: null, message, updated_at: now }
    : { ...image, blobs };
}

/** What an import has done, and what it has still to do. */
function workOf(
  image: Image,
  id: string,
): {
  readonly task: ImportTask | undefined;
  readonly writing: readonly BlobEntry[];
  readonly landed: readonly BlobEntry[];
  /** Staged bytes that are where the data is wanted. */
  readonly ready: BlobEntry | undefined;
} {
  const task = image.tasks?.find((one) => one.id === id);
  const own = image.blobs.filter((blob) => blob.task === id);
  return {
    task,
    writing: own.filter(({ state }) => state === 'writing'),
    landed: own.filter(({ state, purpose }) => state === 'kept' && purpose !== 'staging'),
    ready: own.find((blob) => isStaged(blob) && task?.backend.includes(blob.store) === true),
  };
}

/** Makes the image active as soon as it may be, and ends the import when nothing is left to do. */
function settled(image: Image, id: string, now: Time): Image {
  const { task, writing, landed, ready } = workOf(image, id);
  if (task === undefined || (writing.length > 0 && (mustAll(task) || (landed.length === 0 && !ready))))
    return image;
  const adopted = ready === undefined ? image : adoptedBy(image, ready);
  const active = activated(adopted, workOf(adopted, id).landed[0], now);
  return writing.length > 0 ? active : succeeded(active, task, now);
}

function adoptedBy(image: Image, ready: BlobEntry): Image {
  const data = { ...ready, purpose: 'data', owner: image.owner } as const;
  return withoutStore(withBlob(image, data), ready.store);
}

/** What is found in the bytes is the image's; where they are copies of its data, as far as that did not say so. */
function activated(image: Image, first: BlobEntry | undefined, now: Time): Image {
  const facts = first?.facts;
  if (image.status === 'importing') return { ...image, status: 'active', ...facts, updated_at: now };
  return facts === undefined || image.checksum !== null || image.os_hash_value !== null
    ? image
    : { ...image, ...facts, virtual_size: image.virtual_size };
}

function succeeded(image: Image, task: ImportTask, now: Time): Image {
  const own = image.blobs.filter((blob) => blob.task === task.id);
  const others = image.blobs.filter((blob) => blob.task !== task.id);
  // In the order of the request, whichever store was first.
  const place = ({ store }: BlobEntry): number => task.backend.indexOf(store);
  const ended = [...own]
    .sort((a, b) => place(a) - place(b))
    .map((blob) => released(isStaged(blob) ? { ...blob, state: 'doomed', due: now } : blob));
  const lost = image.properties[FAILED] ?? '';
  const message = lost === '' ? '' : `The data did not reach ${lost}.`;
  const marked = withMarks({ ...image, blobs: [...others, ...ended] }, { [IMPORTING]: '' });
  return withEndedTask(unlocked(marked), task.id, { status: 'success', message }, now);
}

function failed(image: Image, id: string, stores: readonly string[], end: ImportEnd): Image {
  const { message, now } = end;
  const { task } = workOf(image, id);
  const blobs = image.blobs.map((blob) => {
    if (blob.task !== id) return blob;
    if (blob.process !== null) return released(givenBack(blob, end));
    return released(blob.state === 'kept' ? { ...blob, state: 'doomed', due: now } : blob);
  });
  const back =
    task?.input.method === 'copy-image' ? {} : ({ status: 'queued', size: null, message } as const);
  const marked = withMarks(withFailed({ ...image, blobs, ...back, updated_at: now }, stores), {
    [IMPORTING]: '',
  });
  return withEndedTask(unlocked(marked), id, { status: 'failure', message }, now);
}

function mustAll(task: ImportTask | undefined): boolean {
  return task?.input.allStoresMustSucceed ?? true;
}

function isStaged({ state, purpose }: BlobEntry): boolean {
  return state === 'kept' && purpose === 'staging';
}

/** The entry of a blob whose writer has ended without having finished. */
function givenBack(blob: BlobEntry, { due }: ImportEnd): BlobEntry {
  return { ...blob, state: 'doomed', process: null, due };
}

function released({ task: _task, facts: _facts, ...blob }: BlobEntry): BlobEntry {
  return blob;
}

function withMarks(image: Image, marks: Readonly<Record<string, string>>): Image {
  return { ...image, properties: { ...image.properties, ...marks } };
}

function unlocked(image: Image): Image {
  const properties = Object.entries(image.properties).filter(([key]) => key !== TASK);
  return { ...image, properties: Object.fromEntries(properties) };
}

function withoutStore(image: Image, store: string): Image {
  const left = listed(image, IMPORTING).filter((name) => name !== store);
  return withMarks(image, { [IMPORTING]: left.join() });
}

function withFailed(image: Image, stores: readonly string[]): Image {
  const lost = new Set([...listed(image, FAILED), ...stores]);
  const left = listed(image, IMPORTING).filter((name) => !lost.has(name));
  return withMarks(image, { [IMPORTING]: left.join(), [FAILED]: [...lost].join() });
}

function listed({ properties }: Image, key: string): readonly string[] {
  return (properties[key] ?? '').split(',').filter((name) => name !== '');
}
