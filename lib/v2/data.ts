import type { Request, Response } from 'express';
import { Readable } from 'node:stream';
import type { PublicImage } from '../domain/image.js';
import { isRegistryError, RegistryError } from '../errors.js';
import { bodyOf } from '../http/body.js';
import { allowsRange } from '../http/conditional.js';
import { sendBlob } from '../http/send-blob.js';
import type { ByteRange } from '../services/download-image.js';
import type { V2Handler } from './exchange.js';
import { idOf } from './guards.js';
import { wantedRange } from './range.js';
import { sendNothing } from './send.js';

/** `PUT /v2/images/{id}/file`: brings the data of a queued image. */
export const uploadData: V2Handler = async (exchange) => {
  const { request, response, caller, images, signal } = exchange;
  requireOctetStream(request);
  const size = announcedSize(request);
  const store = wantedStore(request);
  const data = bodyOf(request) ?? NO_BYTES;
  await images.upload(caller, idOf(exchange), { data }, { size, store, signal });
  sendNothing(response);
};

/** `PUT /v2/images/{id}/stage`: takes bytes that are to be imported. */
export const stageData: V2Handler = async (exchange) => {
  const { request, response, caller, images, signal, importMethods } = exchange;
  if (!importMethods.includes('glance-direct'))
    throw new RegistryError('not_found', 'Nothing can be staged here.');
  requireOctetStream(request);
  const size = announcedSize(request);
  await images.stage(caller, idOf(exchange), { data: bodyOf(request) ?? NO_BYTES }, { size, signal });
  sendNothing(response);
};

/** `GET` and `HEAD /v2/images/{id}/file` */
export const downloadData: V2Handler = async (exchange) => {
  try {
    await sendBlob(exchange, idOf(exchange), { range: rangeOf, setHeaders, byProxy: true });
  } catch (error) {
    if (!isRegistryError(error, 'no_data')) throw error;
    sendNothing(exchange.response);
  }
};

/**
 * What is answered when an upload fails. Clients send a body that is used up again after a 503, which would make an image without data: an
 * outage is a fault like any other here.
 */
export function uploadFailure(thrown: unknown): unknown {
  if (!isRegistryError(thrown)) return thrown;
  if (thrown.code === 'deleted_meanwhile')
    return new RegistryError('gone', thrown.message, { cause: thrown });
  if (thrown.code === 'upload_lost')
    return new RegistryError('conflict', thrown.publicText, { cause: thrown });
  return thrown.status === 503 ? new RegistryError('internal', thrown.message, { cause: thrown }) : thrown;
}

const NO_BYTES = { open: () => Readable.from([], { objectMode: false }), length: 0 };

function requireOctetStream({ headers }: Request): void {
  const type = headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
  if (type !== 'application/octet-stream')
    throw new RegistryError(
      'unsupported_media_type',
      'The Content-Type of data must be application/octet-stream.',
    );
}

/** What newer clients say of the size, beside or in place of Content-Length. */
function announcedSize(request: Request): number | undefined {
  const text = request.get('x-openstack-image-size');
  if (text === undefined) return undefined;
  if (!/^\d{1,16}$/.test(text) || !Number.isSafeInteger(Number(text)))
    throw new RegistryError('bad_request', 'x-openstack-image-size must be a whole number of bytes.');
  return Number(text);
}

/** glanceclient percent-encodes what it puts into headers. */
export function wantedStore(request: Request): string | undefined {
  const text = request.get('x-image-meta-store');
  if (text === undefined) return undefined;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function rangeOf(request: Request, { checksum, size }: PublicImage): ByteRange | null {
  // RFC 9110 section 14.2: ranges are for GET alone.
  if (request.method !== 'GET' || !allowsRange(request.get('if-range'), checksum)) return null;
  return wantedRange(request.headers, size ?? 0);
}

function setHeaders(response: Response, { checksum }: PublicImage): void {
  if (checksum === null) return;
  response.setHeader('ETag', checksum);
  response.setHeader('Content-MD5', checksum);
}
