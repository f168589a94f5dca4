import assert from 'node:assert/strict';
import type { Image } from '../../../lib/domain/image.js';
import type { Action } from './actions.js';
import { CALLER_NAMES, type CallerName } from './callers.js';
import type { AccessHost } from './host.js';
import { IMAGE_KINDS, type ImageKind } from './images.js';
import type { MatrixTable } from './matrix.js';

/** What every kind of caller gets for an action on every kind of image. */
export async function tableOf(
  host: AccessHost,
  action: Action,
  kinds: readonly ImageKind[] = IMAGE_KINDS,
): Promise<MatrixTable> {
  const rows = new Map<string, Record<CallerName, string>>();
  for (const kind of kinds) rows.set(kind, await eachCaller((caller) => attempt(host, action, kind, caller)));
  return { title: action.title, rows };
}

export async function eachCaller(
  work: (caller: CallerName) => Promise<string>,
): Promise<Record<CallerName, string>> {
  const words = await Promise.all(CALLER_NAMES.map(async (caller) => [caller, await work(caller)] as const));
  return Object.fromEntries(words) as Record<CallerName, string>;
}

/** What the caller gets, on an image of its own; whatever is refused must have changed nothing. */
async function attempt(
  host: AccessHost,
  action: Action,
  kind: ImageKind,
  caller: CallerName,
): Promise<string> {
  const image = await host.add(kind);
  const word = await action.run(host.as(caller), image);
  if (/^[45]/.test(word)) await assertUntouched(host, image, `${action.title}, ${kind}, ${caller}`);
  return word;
}

/** Asserts that an image and its data are as they were. */
export async function assertUntouched(host: AccessHost, image: Image, what: string): Promise<void> {
  assert.deepEqual(await host.record(image.id), image, what);
  const stored = await host.stored();
  for (const { key } of image.blobs) assert.ok(stored.includes(key), `${what}: the data is there`);
}
