import assert from 'node:assert/strict';
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { ask, sendBytes, type Answer } from './client.js';
import { atOnce } from './measure.js';

interface ShownImage {
  readonly id: string;
  readonly status: string;
  readonly size: number | null;
  readonly checksum: string | null;
}

/** The Images API v2 of any server, as far as all of them have it. Remembers which images it has made. */
export class ImagesApi {
  /** Without a slash at the end. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly #agent = new http.Agent({ keepAlive: true });
  readonly #made = new Set<string>();

  /** @param token sent as X-Auth-Token; undefined: none */
  constructor(url: string, token: string | undefined) {
    this.url = url;
    this.headers = token === undefined ? {} : { 'x-auth-token': token };
  }

  /** Makes an image without data. @returns its id */
  async create(): Promise<string> {
    const body = { name: 'bench', disk_format: 'raw', container_format: 'bare' };
    const { status, text } = await this.#send('POST', '/v2/images', body);
    assert.equal(status, 201, text);
    const { id } = JSON.parse(text) as ShownImage;
    this.#made.add(id);
    return id;
  }

  /** Makes an image of so many bytes, and makes sure that it is active. @returns its id */
  async upload(size: number, md5: string): Promise<string> {
    const id = await this.create();
    const headers = { ...this.headers, 'content-type': 'application/octet-stream' };
    const { status, text } = await sendBytes('PUT', this.fileOf(id), headers, size);
    assert.equal(status, 204, text);
    const image = await this.show(id);
    assert.deepEqual([image.status, image.size], ['active', size]);
    // A server without md5 shows none.
    assert.equal(image.checksum ?? md5, md5);
    return id;
  }

  /** Has an image fetched from an address, and waits until it is active. @returns null where the server does not do so */
  async webDownload(source: string): Promise<string | null> {
    const id = await this.create();
    const body = { method: { name: 'web-download', uri: source } };
    if ((await this.#send('POST', `/v2/images/${id}/import`, body)).status !== 202) return null;
    for (let begun = false; ;) {
      const { status } = await this.show(id);
      if (status === 'active') return id;
      begun ||= status === 'importing';
      // What failed is queued again.
      if (status === 'killed' || (begun && status === 'queued')) return null;
      await sleep(20);
    }
  }

  async show(id: string): Promise<ShownImage> {
    const { status, text } = await this.#send('GET', `/v2/images/${id}`);
    assert.equal(status, 200, text);
    return JSON.parse(text) as ShownImage;
  }

  /** Where the data of an image is. */
  fileOf(id: string): string {
    return `${this.url}/v2/images/${id}/file`;
  }

  async remove(id: string): Promise<void> {
    const { status, text } = await this.#send('DELETE', `/v2/images/${id}`);
    assert.equal(status, 204, text);
    this.#made.delete(id);
  }

  /** Removes what it has made and not yet removed. */
  async removeAll(): Promise<void> {
    const ids = [...this.#made];
    await atOnce(ids.length, 8, (n) => this.remove(ids[n] ?? ''));
    this.#agent.destroy();
  }

  #send(method: string, path: string, body?: object): Promise<Answer> {
    const headers = {
      ...this.headers,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    };
    const text = body === undefined ? {} : { body: JSON.stringify(body) };
    return ask(this.url + path, { method, agent: this.#agent, headers, ...text });
  }
}
