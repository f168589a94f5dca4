import { pipeline } from 'node:stream/promises';
import { hasData } from '../domain/blob-entries.js';
import type { Image } from '../domain/image.js';
import { allowsRange, matchesNone } from './conditional.js';
import type { Exchange } from './context.js';
import { parseRange } from './range.js';
import { WholeBody } from './whole-body.js';

/**
 * Sends the data of an image, whole or a range, RFC 9110 sections 13 and 14. What is not whole never looks like success: the connection is
 * broken then.
 */
export async function sendBlob(exchange: Exchange, image: Image): Promise<void> {
  const { request, response, images, signal } = exchange;
  response.setHeader('Accept-Ranges', 'bytes');
  if (matchesNone(request.headers['if-none-match'], image.checksum)) {
    response.statusCode = 304;
    response.end();
    return;
  }
  const size = image.size ?? 0;
  const wanted = allowsRange(request.get('if-range'), image.checksum) ? request.headers.range : undefined;
  const range = parseRange(wanted, size);
  const length = range === null ? size : range.end - range.start + 1;
  const data = !hasData(image) ? [] : await images.open(image, range, signal);
  response.statusCode = range === null ? 200 : 206;
  if (range !== null) response.setHeader('Content-Range', `bytes ${range.start}-${range.end}/${size}`);
  response.setHeader('Content-Type', 'application/octet-stream');
  response.setHeader('Content-Length', length);
  // A host app's compression would take Content-Length and ranges away.
  response.setHeader('Cache-Control', 'no-transform');
  if (data === null) {
    // With no bytes to come the headers alone would be the whole answer.
    if (length > 0) response.flushHeaders();
    response.destroy();
    return;
  }
  await pipeline(data, new WholeBody(length), response, { signal });
  images.sent(image, length);
}
