import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { S3Client, S3ClientConfig } from '@aws-sdk/client-s3';
import { RegistryError } from '../../errors.js';
import type { S3ClientLike, S3ClientOptions } from './s3-client-options.js';

export type S3Sdk = typeof import('@aws-sdk/client-s3');

/** A client with the module that it comes from. */
export interface S3Connection {
  readonly sdk: S3Sdk;
  readonly client: S3Client;
  /** The same for two connections to the same S3, as far as that can be told. */
  readonly service: unknown;
  /** Destroys the client unless it is the caller's. */
  close(): void;
}

const WITH_ENDPOINT: S3ClientConfig = {
  region: 'us-east-1',
  forcePathStyle: true,
  requestChecksumCalculation: 'WHEN_REQUIRED',
  responseChecksumValidation: 'WHEN_REQUIRED',
};

/**
 * Loads the SDK and makes a client, unless there is one.
 * @param idle ms that a connection may stand still within a request
 * @throws RegistryError `unavailable` when the SDK is not installed
 */
export async function connectS3(
  given: S3ClientLike | null,
  options: S3ClientOptions,
  idle: number,
): Promise<S3Connection> {
  const sdk = await loadSdk();
  // Its type is only as narrow as can be said without the SDK.
  if (given !== null)
    return { sdk, client: given as unknown as S3Client, service: given, close: () => undefined };
  // As many connections as there are transfers: a pool of 50 would let slow downloads keep everyone else waiting.
  const agent = { keepAlive: true, maxSockets: Infinity };
  // An option that is undefined is one that is left out.
  const set = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const client = new sdk.S3Client({
    ...(options.endpoint === undefined ? {} : WITH_ENDPOINT),
    // Each part would get a connection of its own, and wait for an answer that some servers never give.
    expectContinueHeader: false,
    requestHandler: {
      connectionTimeout: idle,
      socketTimeout: idle,
      httpAgent: new HttpAgent(agent),
      httpsAgent: new HttpsAgent(agent),
    },
    ...set,
  });
  const service = options.endpoint ?? `AWS ${options.region ?? ''}`;
  return { sdk, client, service, close: () => client.destroy() };
}

async function loadSdk(): Promise<S3Sdk> {
  try {
    return await import('@aws-sdk/client-s3');
  } catch (cause) {
    throw new RegistryError('unavailable', 's3 store: run npm install @aws-sdk/client-s3 to use it', {
      cause,
    });
  }
}
