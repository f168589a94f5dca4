import type http from 'node:http';
import { answerTo, type Answer } from '../clients/ask.js';
import { FORMATS, OCTETS, type ImagesClient } from '../clients/images-client.js';
import { until } from '../until.js';
import type { AccessHost } from './host.js';

/** Data of so many bytes. */
export const bytes = (count: number): Buffer => Buffer.alloc(count, 'x');

/** Tries to make an image of so many bytes; gives the answer's status. */
export async function upload(
  client: ImagesClient,
  count: number,
  { chunked = false, id = crypto.randomUUID() }: { chunked?: boolean; id?: string } = {},
): Promise<number> {
  const headers = { ...OCTETS, ...FORMATS, 'x-image-meta-id': id };
  return (await client.ask('/v1/images', { method: 'POST', headers, body: bytes(count), chunked })).status;
}

/** An upload that waits in the middle for as long as the test wants. */
export interface StalledUpload {
  readonly id: string;
  /** Sends the rest. */
  finish(): Promise<Answer>;
  /** Breaks the connection off. */
  breakOff(): Promise<void>;
}

/** Begins to upload `count` bytes, all but the last one, and waits until the registry has taken the image up. */
export async function stall(
  host: AccessHost,
  client: ImagesClient,
  count: number,
  chunked = false,
): Promise<StalledUpload> {
  const id = crypto.randomUUID();
  const length = chunked ? {} : { 'content-length': String(count) };
  const headers = { ...OCTETS, ...FORMATS, ...length, 'x-image-meta-id': id };
  const request: http.ClientRequest = client.start('/v1/images', { method: 'POST', headers });
  const answer = answerTo(request);
  answer.catch(() => undefined);
  request.write(bytes(count - 1));
  await until(
    'the upload is going on',
    async () => (await host.catalogue.get(id))?.image.status === 'saving',
  );
  return {
    id,
    finish: () => {
      request.end('x');
      return answer;
    },
    breakOff: async () => {
      const closed = new Promise((resolve) => request.once('close', resolve));
      request.destroy();
      await closed;
    },
  };
}
