import { callerOf } from '../../../lib/domain/identity.js';
import type { Image } from '../../../lib/domain/image.js';
import type { ImageMetadata, ImageRegistry, PublicImage } from '../../../lib/index.js';

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

/** Where the store has the blob of an image. */
export function blobOf({ blobs }: Image): string {
  const [blob] = blobs;
  if (blob?.location == null) throw new Error('an image without a blob');
  return blob.location;
}
