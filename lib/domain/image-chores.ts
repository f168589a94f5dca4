import { firstDue } from './blob-entries.js';
import type { Image } from './image.js';
import { firstExpiry } from './image-tasks.js';
import type { Time } from './times.js';

/** When something of an image is to be removed: blobs, staged bytes that nobody has imported, tasks; null when nothing is. */
export function firstChore(image: Image): Time | null {
  const [blob, task] = [firstDue(image), firstExpiry(image)];
  return blob === null || (task !== null && task < blob) ? task : blob;
}
