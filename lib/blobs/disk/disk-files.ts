import { constants } from 'node:fs';
import { mkdir, open, unlink, type FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { RegistryError } from '../../errors.js';
import { onDisk, unless } from './disk-error.js';
import { InFlight } from '../in-flight.js';
import type { EarlySync } from './early-sync.js';

/** Bytes in one write: few system calls, and large enough for any disk. */
export const WRITE_SIZE = 1024 * 1024;
/** IOV_MAX of Linux and macOS: buffers in one write. */
const WRITE_PIECES = 1024;
/** Bytes that are written before they are synced early: a second of a slow disk. */
const SYNC_SIZE = 32 * 1024 * 1024;

/**
 * Fills a new file with `data`, waits until it is on the medium and closes it. One write goes on while the next one is
 * gathered, so at most about 2 MiB are held.
 * @param early shared by all that fill files of the same medium
 * @returns bytes written
 */
export async function fillFile(file: FileHandle, data: Readable, early: EarlySync): Promise<number> {
  try {
    const size = await fill(file, data, early);
    await onDisk('sync a file', file.sync());
    return size;
  } finally {
    await onDisk('close a file', file.close());
  }
}

async function fill(file: FileHandle, data: Readable, early: EarlySync): Promise<number> {
  const writes = new InFlight(1, () => data.destroy());
  const syncs = new InFlight(1, () => data.destroy());
  let written = 0;
  let synced = 0;
  let pieces: Buffer[] = [];
  let gathered = 0;
  const flush = async (): Promise<void> => {
    const [batch, position] = [pieces, written];
    written += gathered;
    pieces = [];
    gathered = 0;
    await writes.add(() => onDisk('write a file', writeAll(file, batch, position)));
    if (position - synced < SYNC_SIZE || early.isBusy) return;
    synced = position;
    syncs.tryAdd(() => early.run(file));
  };
  try {
    for await (const chunk of data as AsyncIterable<Buffer>) {
      pieces.push(chunk);
      gathered += chunk.length;
      if (gathered >= WRITE_SIZE || pieces.length === WRITE_PIECES) await flush();
    }
    if (gathered > 0) await flush();
  } finally {
    // Both have ended before the file is closed.
    try {
      await writes.drain();
    } finally {
      await syncs.drain();
    }
  }
  return written;
}

async function writeAll(file: FileHandle, pieces: Buffer[], position: number): Promise<void> {
  let left = pieces;
  let at = position;
  while (left.length > 0) {
    const { bytesWritten } = await file.writev(left, at);
    at += bytesWritten;
    left = behind(left, bytesWritten);
  }
}

/** What is left of `pieces` after their first `bytes`: a disk that fills up takes only a part. */
function behind(pieces: readonly Buffer[], bytes: number): Buffer[] {
  let skip = bytes;
  let index = 0;
  for (const piece of pieces) {
    if (skip < piece.length) break;
    skip -= piece.length;
    index += 1;
  }
  const [first, ...rest] = pieces.slice(index);
  return first === undefined ? [] : [first.subarray(skip), ...rest];
}

/**
 * Creates a file (mode 0600: what is in an image may be a secret).
 * @throws RegistryError `key_taken` when it is there already
 */
export async function createFile(path: string): Promise<FileHandle> {
  const file = await onDisk('create a file', unless('EEXIST', open(path, 'wx', 0o600)));
  if (file === null) throw new RegistryError('key_taken', 'disk store: another write has staged this file');
  return file;
}

/** Makes a folder (mode 0700) in one that is there, unless it is there already. */
export async function makeFolder(path: string): Promise<void> {
  await onDisk('make a folder', unless('EEXIST', mkdir(path, { mode: 0o700 })));
}

/** Makes what happened to the names in a folder last. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await onDisk('open a folder', open(path, 'r'));
  try {
    await onDisk('sync a folder', folder.sync());
  } finally {
    await onDisk('close a folder', folder.close());
  }
}

/** Opens a file for reading; null when it is not there. A link or device in its place is refused. */
export async function openFile(path: string): Promise<{ file: FileHandle; size: number } | null> {
  // O_NONBLOCK: opening a pipe would wait for its writer.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await onDisk('open a file', unless('ENOENT', open(path, flags)));
  if (file === null) return null;
  try {
    const found = await onDisk('stat a file', file.stat());
    if (!found.isFile())
      throw new RegistryError('unavailable', 'disk store: the path of a blob is not a file');
    return { file, size: found.size };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Removes a file; false when there was none. */
export async function removeFile(path: string): Promise<boolean> {
  const removed = unlink(path).then(() => true);
  return (await onDisk('remove a file', unless('ENOENT', removed))) ?? false;
}
