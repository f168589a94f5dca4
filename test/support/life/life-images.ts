import { callerOf, type Caller } from '../../../lib/domain/identity.js';
import type { Image } from '../../../lib/domain/image.js';
import type { ImportRequest } from '../../../lib/domain/import-task.js';
import type { ImageMetadata, ImageRegistry, PublicImage } from '../../../lib/index.js';
import { until } from '../until.js';

export const OWNER = callerOf({ user: 'ann', project: 'blue', roles: ['member'] });
export const STRANGER = callerOf({ user: 'bob', project: 'green', roles: ['member'] });
export const ADMINISTRATOR = callerOf({ user: 'root', project: 'red', roles: ['admin'] });

const FORMATS = { disk_format: 'raw', container_format: 'bare' };

/** Makes an image with data, of OWNER. */
export function store(
  { images }: ImageRegistry,
  data: Buffer | string = 'data',
  metadata: ImageMetadata = {},
): Promise<PublicImage> {
  return images.create(OWNER, { ...FORMATS, ...metadata }, { data: Buffer.from(data) });
}

/** Makes an image whose data is copied, of OWNER. */
export function copy(
  { images }: ImageRegistry,
  url: string,
  metadata: ImageMetadata = {},
): Promise<PublicImage> {
  return images.create(OWNER, { ...FORMATS, ...metadata }, { copyFrom: url });
}

/** Makes an image that waits for its data, of OWNER. */
export function reserve({ images }: ImageRegistry, metadata: ImageMetadata = {}): Promise<PublicImage> {
  return images.create(OWNER, { ...FORMATS, ...metadata });
}

/** Who may import so, as far as nobody has another policy. */
export function importerOf({ method }: ImportRequest): Caller {
  return method === 'copy-image' ? ADMINISTRATOR : OWNER;
}

/** Imports data of an image of OWNER, and waits until that has ended, however. */
export async function importAll(
  { images }: ImageRegistry,
  id: string,
  request: ImportRequest,
): Promise<void> {
  await images.import(importerOf(request), id, request);
  await until('the import ends', async () =>
    (await images.tasks(ADMINISTRATOR, id)).every((task) => task.expires_at !== null),
  );
}

/** Where the store has the blob of an image. */
export function blobOf({ blobs }: Image): string {
  const [blob] = blobs;
  if (blob?.location == null) throw new Error('an image without a blob');
  return blob.location;
}
