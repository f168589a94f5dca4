import assert from 'node:assert/strict';
import { ask, start, type Answer, type Question } from './ask.js';
import type http from 'node:http';

/** An image as v1 answers show it. */
export interface ImageJson {
  readonly id: string;
  readonly name: string | null;
  readonly status: string;
  readonly size: number;
  readonly checksum: string | null;
  readonly owner: string | null;
  readonly is_public: boolean;
  readonly min_ram: number;
  readonly created_at: string;
  readonly updated_at: string;
  readonly uri: string;
  readonly properties: Readonly<Record<string, string | null>>;
}

export interface ListJson {
  readonly images: readonly ImageJson[];
  readonly next?: string;
  readonly previous?: string;
}

/** What an image with data needs. */
export const FORMATS = {
  'x-image-meta-disk_format': 'raw',
  'x-image-meta-container_format': 'bare',
} as const;

export const OCTETS = { 'content-type': 'application/octet-stream' } as const;

/** The Images API v1 as one caller. */
export class ImagesClient {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;

  /** @param url where the API is mounted, without a slash at the end */
  constructor(url: string, token: string | null) {
    this.#url = url;
    this.#headers = token === null ? {} : { 'x-auth-token': token };
  }

  /** Asks for a path below the mount, or for an address that the server gave. */
  ask(path: string, question: Question = {}): Promise<Answer> {
    return ask(this.#address(path), this.#with(question));
  }

  /** Begins a request whose body comes bit by bit. */
  start(path: string, question: Question): http.ClientRequest {
    return start(this.#address(path), this.#with(question));
  }

  /** Makes an image without data. */
  async reserve(headers: Readonly<Record<string, string>> = {}): Promise<ImageJson> {
    return imageOf(await this.ask('/v1/images', { method: 'POST', headers }), 201);
  }

  /** Makes an image with data. */
  async upload(
    body: Buffer | string,
    headers: Readonly<Record<string, string>> = {},
    chunked = false,
  ): Promise<ImageJson> {
    const all = { ...OCTETS, ...FORMATS, ...headers };
    return imageOf(await this.ask('/v1/images', { method: 'POST', headers: all, body, chunked }), 201);
  }

  /** The status that HEAD shows. */
  async status(id: string): Promise<string> {
    const answer = await this.ask(`/v1/images/${id}`, { method: 'HEAD' });
    return answer.status === 200 ? String(answer.headers['x-image-meta-status']) : String(answer.status);
  }

  /** The image as the detailed listing shows it. */
  async detail(id: string): Promise<ImageJson> {
    const { images } = listOf(await this.ask('/v1/images/detail?limit=1000'));
    const image = images.find((one) => one.id === id);
    assert.ok(image, `image ${id} is listed`);
    return image;
  }

  #address(path: string): string {
    return path.startsWith('http://') ? path : this.#url + path;
  }

  #with(question: Question): Question {
    return { ...question, headers: { ...this.#headers, ...question.headers } };
  }
}

/** The image in the answer to POST and PUT. */
export function imageOf(answer: Answer, status: number): ImageJson {
  assert.equal(answer.status, status, answer.text);
  return (JSON.parse(answer.text) as { image: ImageJson }).image;
}

/** The listing in an answer. */
export function listOf(answer: Answer): ListJson {
  assert.equal(answer.status, 200, answer.text);
  return JSON.parse(answer.text) as ListJson;
}

/** A response header's text. */
export function header(answer: Answer, name: string): string | undefined {
  const value = answer.headers[name];
  return value === undefined ? undefined : Buffer.from(String(value), 'latin1').toString('utf8');
}
