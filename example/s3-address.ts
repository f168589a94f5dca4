import { s3Store, type BlobStore, type S3StoreOptions } from 'express-image-registry';
import type { Settings } from './flags.js';

/** What the flags say of S3. */
export type S3Settings = Pick<Settings, 's3Endpoint' | 's3Region'>;

/** `s3://bucket/prefix`, or a bucket alone. */
export const S3_ADDRESS = /^s3:\/\/(?<bucket>[\w.-]+)(?:\/(?<prefix>[\w./-]*))?$/;

/** The store at an address of S3, with its flags; null when it is another kind of address. Credentials are where the SDK looks for them. */
export function s3StoreAt(
  address: string,
  { s3Endpoint, s3Region }: S3Settings,
  logger: NonNullable<S3StoreOptions['logger']>,
): BlobStore | null {
  const { bucket, prefix = '' } = S3_ADDRESS.exec(address)?.groups ?? {};
  if (bucket === undefined) return null;
  const endpoint = s3Endpoint === undefined ? {} : { endpoint: s3Endpoint };
  const region = s3Region === undefined ? {} : { region: s3Region };
  return s3Store({ bucket, prefix, clientOptions: { ...endpoint, ...region }, logger });
}
