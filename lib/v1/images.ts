import type { Response } from 'express';
import { ownFields } from '../domain/image-rules.js';
import type { PublicImage } from '../domain/image.js';
import { markAsData } from '../http/answer-headers.js';
import type { Handler } from '../http/context.js';
import { allowsRange } from '../http/conditional.js';
import { parseRange } from '../http/range.js';
import { sendBlob } from '../http/send-blob.js';
import { sendJson } from '../http/send-json.js';
import { idOf } from './image-id.js';
import { readBoolean } from './fields.js';
import { formatsChecked, withBothFormats } from './formats.js';
import { readImageRequest } from './image-request.js';
import { fullView, imageUri, setETag, setImageHeaders } from './views.js';

/** `POST /v1/images`: reserves an image, or makes one with its data. */
export const createImage: Handler = async (exchange) => {
  const { response, caller, images, base, signal } = exchange;
  const { metadata: given, ...source } = await readImageRequest(exchange, null);
  // A status is ignored here, and so is what only admins set.
  const { status: _, ...metadata } = ownFields(caller, withBothFormats(given));
  const image = await images.create(caller, metadata, { ...source, signal });
  response.setHeader('Location', imageUri(image, base));
  sendImage(response, 201, image);
};

/** `HEAD /v1/images/{id}`: an image's metadata, in headers. */
export const showImage: Handler = async (exchange) => {
  const { response, caller, images } = exchange;
  const image = await images.show(caller, idOf(exchange));
  setImageHeaders(response, image);
  // RFC 9110 section 9.3.2: the same as for GET.
  markAsData(response, image.id);
  response.statusCode = 200;
  response.end();
};

/** `GET /v1/images/{id}`: an image's metadata in headers, and its data. */
export const downloadImage: Handler = async (exchange) => {
  await sendBlob(exchange, idOf(exchange), {
    setHeaders: setImageHeaders,
    // The headers of an image have the names of its properties.
    byProxy: false,
    range: ({ headers }, { checksum, size }) =>
      parseRange(
        allowsRange(headers['if-range']?.toString(), checksum) ? headers.range : undefined,
        size ?? 0,
      ),
  });
};

/** `PUT /v1/images/{id}`: changes metadata, and brings the data of a queued image. */
export const updateImage: Handler = async (exchange) => {
  const { request, response, caller, images, signal } = exchange;
  const id = idOf(exchange);
  const { metadata: given, ...source } = await readImageRequest(exchange, id);
  const word = request.headers['x-glance-registry-purge-props'];
  const purgeProperties = source.data === null && (typeof word !== 'string' || readBoolean(word));
  const metadata = { ...ownFields(caller, withBothFormats(given)), purgeProperties };
  const changes = [metadata, ...formatsChecked(metadata)];
  sendImage(response, 200, await images.update(caller, id, changes, { ...source, signal }));
};

/** `DELETE /v1/images/{id}`: deletes an image and its data. */
export const deleteImage: Handler = async (exchange) => {
  const { response, caller, images } = exchange;
  await images.remove(caller, idOf(exchange));
  response.statusCode = 200;
  response.setHeader('Content-Length', 0);
  response.end();
};

function sendImage(response: Response, status: number, image: PublicImage): void {
  setETag(response, image);
  sendJson(response, status, { image: fullView(image) });
}
