import type { DataFolder } from './data-folder.js';

/**
 * What must not be in a folder once a sweep has run and no upload is under way: in words, none when all is well.
 * @param others attempts that are under way in other processes
 */
export async function folderFaults(folder: DataFolder, others: readonly string[] = []): Promise<string[]> {
  const faults: string[] = [];
  const blobs = new Set(await folder.blobs());
  const images = await folder.images();
  for (const { id, status, attempt, locations, scrub } of images) {
    const fault = (text: string): void => void faults.push(`image ${id} (${status}) ${text}`);
    if (status === 'saving' && !others.includes(attempt ?? '')) fault('is saving for ever');
    if (scrub.length > 0) fault('has blobs that were not removed');
    if (status === 'active' ? locations.length !== 1 : locations.length > 0) {
      fault(`has ${locations.length} locations`);
    }
    for (const location of locations) {
      if (!('key' in location) || !blobs.delete(location.key)) fault('has no blob');
    }
  }
  for (const blob of blobs) faults.push(`blob ${blob} has no image`);
  for (const { name } of await folder.staged()) {
    if (!others.includes(name)) faults.push(`staged file ${name} is left`);
  }
  for (const { attempt, image } of await folder.leases()) {
    if (!others.includes(attempt)) faults.push(`lease ${attempt} of image ${image} is left`);
  }
  return [...faults, ...(await folder.wrongRows())];
}
