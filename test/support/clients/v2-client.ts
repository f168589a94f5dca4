import assert from 'node:assert/strict';
import type { Answer, Question } from './ask.js';
import type { Host } from '../mounts/host.js';
import { OCTETS, type ImagesClient } from './images-client.js';

/** An image as v2 answers show it. */
export interface ImageV2 {
  readonly id: string;
  readonly name: string | null;
  readonly status: string;
  readonly visibility: string;
  readonly size: number | null;
  readonly virtual_size: number | null;
  readonly checksum: string | null;
  readonly os_hash_algo: string | null;
  readonly tags: readonly string[];
  readonly updated_at: string;
  readonly stores?: string;
  readonly [property: string]: unknown;
}

export interface ListV2 {
  readonly images: readonly ImageV2[];
  readonly first: string;
  readonly next?: string;
}

export const PATCH_TYPE = 'application/openstack-images-v2.1-json-patch';
export const READY = { disk_format: 'raw', container_format: 'bare' } as const;

/** The Images API v2 as one caller. */
export class V2Client {
  readonly #client: ImagesClient;

  constructor(host: Host, token?: string | null) {
    this.#client = host.client(token);
  }

  ask(path: string, question: Question = {}): Promise<Answer> {
    return this.#client.ask(path, question);
  }

  /** Begins a request whose body comes bit by bit. */
  start(path: string, question: Question): ReturnType<ImagesClient['start']> {
    return this.#client.start(path, question);
  }

  /** Sends JSON. */
  send(method: string, path: string, body: unknown, type = 'application/json'): Promise<Answer> {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return this.ask(path, { method, headers: { 'content-type': type }, body: text });
  }

  async create(body: object = READY): Promise<ImageV2> {
    return read(await this.send('POST', '/v2/images', body), 201) as ImageV2;
  }

  patch(id: string, ...operations: object[]): Promise<Answer> {
    return this.send('PATCH', `/v2/images/${id}`, operations, PATCH_TYPE);
  }

  put(id: string, body: Buffer | string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.ask(`/v2/images/${id}/file`, { method: 'PUT', headers: { ...OCTETS, ...headers }, body });
  }

  /** Makes an image with data. */
  async upload(body: Buffer | string, more: object = {}): Promise<ImageV2> {
    const { id } = await this.create({ ...READY, ...more });
    const answer = await this.put(id, body);
    assert.equal(answer.status, 204, answer.text);
    return this.show(id);
  }

  async show(id: string): Promise<ImageV2> {
    return read(await this.ask(`/v2/images/${id}`), 200) as ImageV2;
  }

  async list(query = ''): Promise<ListV2> {
    return read(await this.ask(`/v2/images${query}`), 200) as ListV2;
  }
}

function read(answer: Answer, status: number): unknown {
  assert.equal(answer.status, status, answer.text);
  return JSON.parse(answer.text) as unknown;
}
