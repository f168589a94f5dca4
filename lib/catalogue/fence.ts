import { RegistryError } from '../errors.js';
import type { Fence } from './key-space.js';

/** A fence as one text: the version, and behind a space the lock; empty at first. */
export function fenceText({ version, lock }: Fence): string {
  return lock === '' ? version : `${version} ${lock}`;
}

/** The fence that a text stands for. */
export function parseFence(text: string): Fence {
  const [version = '', lock = ''] = text.split(' ');
  return { version, lock };
}

/**
 * Lets a call pass whose fence is that of the medium.
 * @param found the fence of the medium, as text
 * @param use a commit needs the lock as well
 * @throws RegistryError `unavailable`
 */
export function requireFence(found: string, carried: Fence | undefined, use: 'read' | 'commit'): void {
  if (carried === undefined) return;
  const { version, lock } = parseFence(found);
  if (version !== carried.version) {
    throw new RegistryError(
      'unavailable',
      `the rows of the catalogue are of version ${nameOf(version)} now, this process works with ${nameOf(carried.version)}`,
    );
  }
  if (use === 'commit' && lock !== carried.lock) {
    const words =
      lock === ''
        ? 'the lock of the catalogue was taken away'
        : `the catalogue is locked, by a reindex to ${lock}`;
    throw new RegistryError('unavailable', `${words}: nothing can be changed`);
  }
}

function nameOf(version: string): string {
  return version === '' ? 'none' : version;
}
