import { shareOf } from '../domain/identity.js';
import { RegistryError } from '../errors.js';
import { bodyOf, readSmall, type Body } from '../http/body.js';
import type { Exchange } from '../http/context.js';
import { FORM_OVERHEAD, readForm } from '../http/form.js';
import type { ImageData } from '../services/transfer.js';
import { Description, type Described } from './fields.js';
import { readHeaders } from './headers.js';
import { readJson } from './json-metadata.js';

/** What a POST or PUT brings. */
export interface ImageRequest extends Described {
  readonly data: ImageData | null;
}

/** Fields of a form besides properties. */
const FORM_FIELDS = 32;
/** Most bytes of a JSON document. */
const JSON_SIZE = 1024 * 1024;

/**
 * Reads metadata and finds the data of a request, whichever way the client sends them. Forms and JSON are read only for callers who may
 * do what they ask for.
 * @param id of the image that is changed; null: a new one
 * @throws RegistryError `bad_request`, `too_large`, those of `images.admit`
 */
export async function readImageRequest(exchange: Exchange, id: string | null): Promise<ImageRequest> {
  const { request, settings, caller, images } = exchange;
  const description = new Description();
  readHeaders(request, settings.lenientClients, description);
  const body = bodyOf(request);
  if (body === null) return { ...description.result(), data: null };
  const type = mediaType(request.headers['content-type']);
  if (type === 'multipart/form-data') {
    await images.admit(caller, id);
    return readMultipart(exchange, body, description);
  }
  if (settings.lenientClients && request.method === 'POST' && type === 'application/json') {
    await images.admit(caller, id);
    readJson(await readSmall(body, JSON_SIZE, exchange.reading.begin(shareOf(caller))), description);
    return { ...description.result(), data: null };
  }
  const accepted = type === 'application/octet-stream' || (settings.lenientClients && type === '');
  const refusal = accepted ? {} : { refusal: 'Content-Type must be application/octet-stream.' };
  return { ...description.result(), data: { ...body, ...refusal } };
}

/** Beyond the reference: what a browser's form can send, with fields named as the headers. */
async function readMultipart(
  exchange: Exchange,
  body: Body,
  description: Description,
): Promise<ImageRequest> {
  const { request, response, settings, caller, reading } = exchange;
  if ((body.length ?? 0) > settings.imageSizeCap + FORM_OVERHEAD)
    throw new RegistryError('bad_request', `An image has at most ${settings.imageSizeCap} bytes.`);
  const maxFields = settings.imagePropertyQuota + FORM_FIELDS;
  const { fields, file } = await readForm(request, body, maxFields, reading.begin(shareOf(caller)));
  // Once the answer is out nobody wants the file; unread it would hold up the rest of the body.
  response.once('close', () => file?.destroy());
  try {
    for (const [name, value] of fields) description.add(name.replace(/^x-image-meta-/i, ''), value, name);
    const data = file === null ? null : { open: () => file, length: null };
    return { ...description.result(), data };
  } catch (error) {
    file?.destroy();
    throw error;
  }
}

function mediaType(header: string | undefined): string {
  return (header ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}
