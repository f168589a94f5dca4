import type { Request, Response } from 'express';
import { pipeline } from 'node:stream/promises';
import type { PublicImage } from '../domain/image.js';
import { isRegistryError } from '../errors.js';
import type { ByteRange, Download } from '../services/download-image.js';
import { sendFileName, takesFile } from './accel-redirect.js';
import { markAsData } from './answer-headers.js';
import { matchesNone } from './conditional.js';
import type { Exchange } from './context.js';

const OCTETS = 'application/octet-stream';

const PIPELINE_LISTENERS = 7;

/** How a version of the API sends data. */
export interface BlobAnswer {
  /** The range that a request asks for; null: all of it. */
  readonly range: (request: Request, image: PublicImage) => ByteRange | null;
  /** Puts what it tells of the image into the headers. */
  readonly setHeaders: (response: Response, image: PublicImage) => void;
  /** Whether a proxy can give it: it has no headers but those that the configuration of a proxy can name. */
  readonly byProxy: boolean;
}

/**
 * Sends the data of an image, whole or a range, RFC 9110 sections 13 and 14. What is not whole never looks like success: the connection is
 * broken then.
 */
export async function sendBlob(exchange: Exchange, id: string, answer: BlobAnswer): Promise<void> {
  const { request, response, caller, images, settings, signal } = exchange;
  const proxies =
    answer.byProxy && takesFile(request, settings.accelRedirect) ? settings.accelRedirect : null;
  const isKnown = ({ checksum }: PublicImage): boolean =>
    matchesNone(request.headers['if-none-match'], checksum);
  const wanted: { range: ByteRange | null } = { range: null };
  const download = await breaking(response, () =>
    images.download(caller, id, {
      range: (image) => {
        if (isKnown(image)) return 'none';
        wanted.range = answer.range(request, image);
        return wanted.range ?? 'all';
      },
      asFile: proxies !== null,
      signal,
    }),
  );
  if (download === null) return;
  const { image, stream, size, file } = download;
  answer.setHeaders(response, image);
  markAsData(response, image.id);
  if (proxies !== null && file !== null) {
    response.setHeader('Content-Type', OCTETS);
    // nginx passes this on, and adds it by itself to whole files alone.
    if (wanted.range !== null) response.setHeader('Accept-Ranges', 'bytes');
    sendFileName(response, proxies, file);
    images.sent(caller, image, size);
    return;
  }
  response.setHeader('Accept-Ranges', 'bytes');
  if (isKnown(image)) {
    response.statusCode = 304;
    response.end();
    return;
  }
  const { range } = wanted;
  response.statusCode = range === null ? 200 : 206;
  if (range !== null)
    response.setHeader('Content-Range', `bytes ${range.start}-${range.end}/${image.size ?? 0}`);
  response.setHeader('Content-Type', OCTETS);
  response.setHeader('Content-Length', size);
  if (request.method === 'HEAD') {
    // RFC 9110 section 9.3.2: the headers of a GET, for which nothing has to be read.
    stream.destroy();
    response.end();
    return;
  }
  makeRoom(response);
  await pipeline(stream, response, { signal });
  images.sent(caller, image, size);
}

/** For the seven times that a pipeline listens for an end of the answer: with those of a host app they would be taken for a leak. */
function makeRoom(response: Response): void {
  const most = response.getMaxListeners();
  if (most > 0) response.setMaxListeners(most + PIPELINE_LISTENERS);
}

/** Null: what is stored is not what the image says, and the connection is broken. */
async function breaking(response: Response, open: () => Promise<Download>): Promise<Download | null> {
  try {
    return await open();
  } catch (error) {
    if (!isRegistryError(error, 'blob_damaged')) throw error;
    response.destroy();
    return null;
  }
}
