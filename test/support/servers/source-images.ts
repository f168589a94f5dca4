import { createHash, randomUUID } from 'node:crypto';
import type { ImageRegistryOptions } from '../../../lib/index.js';
import type { Answer } from '../clients/ask.js';
import { ADMIN, type Host } from '../mounts/host.js';
import { FORMATS, type ImagesClient } from '../clients/images-client.js';
import { until } from '../until.js';

/** The two headers that name a source. */
export const SOURCE_HEADERS = {
  location: 'x-image-meta-location',
  copy: 'x-glance-api-copy-from',
} as const;
export type SourceHeader = keyof typeof SOURCE_HEADERS;

/** Sources on 127.0.0.1 alone; nothing happens by a timer. */
export const LOOPBACK: Partial<ImageRegistryOptions> = {
  sources: { networks: ['127.0.0.1/32'] },
  sweepInterval: 0,
};

export interface Asked {
  readonly id: string;
  readonly answer: Answer;
}

/** Asks for a new image with data from elsewhere. */
export async function post(
  client: ImagesClient,
  from: Partial<Record<SourceHeader, string>>,
  headers: Readonly<Record<string, string>> = FORMATS,
  body?: string,
): Promise<Asked> {
  const id = randomUUID();
  const all = { 'x-image-meta-id': id, ...headers, ...headersOf(from) };
  const content = body === undefined ? {} : { body };
  return { id, answer: await client.ask('/v1/images', { method: 'POST', headers: all, ...content }) };
}

/** Asks for data from elsewhere for an image. */
export function put(
  client: ImagesClient,
  id: string,
  from: Partial<Record<SourceHeader, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  return client.ask(`/v1/images/${id}`, { method: 'PUT', headers: { ...headers, ...headersOf(from) } });
}

/** Asks for a new image with data from elsewhere, which an existing one gets when `by` is PUT. */
export async function bring(
  client: ImagesClient,
  by: 'POST' | 'PUT',
  from: Partial<Record<SourceHeader, string>>,
): Promise<Asked> {
  if (by === 'POST') return post(client, from);
  const { id } = await client.reserve(FORMATS);
  return { id, answer: await put(client, id, from) };
}

/** Waits until a copy has ended. @returns its status then */
export async function copied(host: Host, id: string): Promise<string> {
  let status = '';
  await until(`the copy of ${id} ends`, async () => {
    status = await host.client(ADMIN).status(id);
    return status !== 'queued' && status !== 'saving';
  });
  return status;
}

export function md5Of(data: Buffer): string {
  return createHash('md5').update(data).digest('hex');
}

function headersOf(from: Partial<Record<SourceHeader, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(from).map(([name, url]) => [SOURCE_HEADERS[name as SourceHeader], url]),
  );
}
