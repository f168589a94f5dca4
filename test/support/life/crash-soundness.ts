import type { DataFolder } from './data-folder.js';

/**
 * What must not be in a folder once a sweep has run and no upload is under way: in words, none when all is well.
 * @param others images to which other processes are writing
 */
export async function folderFaults(folder: DataFolder, others: readonly string[] = []): Promise<string[]> {
  const faults: string[] = [];
  const found = new Set(await folder.blobs());
  const staged = new Set((await folder.staged()).map(({ name }) => name));
  for (const { id, status, blobs } of await folder.images()) {
    const fault = (text: string): void => void faults.push(`image ${id} (${status}) ${text}`);
    if (others.includes(id)) {
      for (const { key } of blobs) staged.delete(key);
      continue;
    }
    if (status === 'saving') fault('is saving for ever');
    if (blobs.length !== (status === 'active' ? 1 : 0)) fault(`has ${blobs.length} blobs`);
    for (const { state, location } of blobs) {
      if (state !== 'kept') fault(`has a blob that is ${state}`);
      else if (location === null || !found.delete(location)) fault('has no blob');
    }
  }
  for (const blob of found) faults.push(`blob ${blob} has no image`);
  for (const name of staged) faults.push(`staged file ${name} is left`);
  // One that lives takes its record out with one of its next beats.
  for (const { id } of await folder.deadProcesses()) faults.push(`the record of the registry ${id} is left`);
  return [...faults, ...(await folder.wrongRows())];
}
