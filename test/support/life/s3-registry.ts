import path from 'node:path';
import Keyv from 'keyv';
import { keySpaceFor } from '../../../lib/catalogue/adapters/key-space-for.js';
import {
  createImageRegistry,
  KeyvLmdb,
  none,
  s3Store,
  type ImageRegistry,
  type KeySpace,
} from '../../../lib/index.js';
import { RecordingLog } from '../recording-log.js';
import { FAUXQS_OPTIONS, FAUXQS_PART } from '../servers/fauxqs.js';

/** Where a registry has its metadata and data. */
export interface S3Place {
  readonly folder: string;
  readonly endpoint: string;
  readonly bucket: string;
}

/** A registry that sweeps only when it is told to. */
export function s3Registry({ folder, endpoint, bucket }: S3Place, metadata: KeySpace): ImageRegistry {
  return createImageRegistry({
    authenticate: none(),
    metadata,
    blobs: s3Store({
      bucket,
      prefix: 'images',
      partSize: FAUXQS_PART,
      clientOptions: { ...FAUXQS_OPTIONS, endpoint },
    }),
    sweepInterval: 0,
    dataDir: folder,
    logger: new RecordingLog(),
  });
}

export function s3Metadata({ folder }: S3Place): KeySpace {
  const store = new KeyvLmdb({ path: path.join(folder, 'metadata') });
  return keySpaceFor(new Keyv({ store, throwOnErrors: true }));
}
