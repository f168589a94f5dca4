/** A registry in a process of its own that uploads one image to S3 and deletes it: `tsx s3-crash-child.ts '{...}'`. It exits with 0 when it has. */
import { Readable } from 'node:stream';
import { sampleBytes } from '../../../lib/testing/blob-store/sample-data.js';
import { OWNER } from './life-images.js';
import { s3Metadata, s3Registry, type S3Place } from './s3-registry.js';

export interface S3CrashSettings extends S3Place {
  readonly id: string;
  /** Bytes of the image. */
  readonly size: number;
}

const settings = JSON.parse(process.argv[2] ?? '{}') as S3CrashSettings;
const registry = s3Registry(settings, s3Metadata(settings));
await registry.ready();
const metadata = { id: settings.id, disk_format: 'raw', container_format: 'bare' };
const bytes = sampleBytes(settings.size);
const data = { open: () => Readable.from([bytes], { objectMode: false }), length: null };
await registry.images.create(OWNER, metadata, { data });
await registry.images.remove(OWNER, settings.id);
await registry.close();
process.exit(0);
