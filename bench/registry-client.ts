import assert from 'node:assert/strict';
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { ask, sendBytes, type Answer } from './client.js';

/** What the benches read of an image. */
export interface Shown {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly size: number;
  readonly checksum: string | null;
}

const METADATA = {
  'x-image-meta-name': 'bench',
  'x-image-meta-disk_format': 'raw',
  'x-image-meta-container_format': 'bare',
};

/** Uploads an image of `size` bytes, chunked, and checks what the registry says of it. @returns its id */
export async function uploadImage(url: string, size: number, md5: string): Promise<string> {
  const headers = { ...METADATA, 'content-type': 'application/octet-stream' };
  const { status, text } = await sendBytes('POST', `${url}/v1/images`, headers, size);
  assert.equal(status, 201, text);
  const { image } = JSON.parse(text) as { image: Shown };
  assert.deepEqual([image.status, image.size, image.checksum], ['active', size, md5]);
  return image.id;
}

export async function deleteImage(url: string, id: string): Promise<void> {
  const { status } = await ask(`${url}/v1/images/${id}`, { method: 'DELETE', agent: false });
  assert.equal(status, 200);
}

/** Makes an image without data. */
export async function reserveImage(url: string, agent: http.Agent): Promise<void> {
  const { status, text } = await ask(`${url}/v1/images`, { method: 'POST', agent, headers: METADATA });
  assert.equal(status, 201, text);
}

/** The ids of all images of one status, read page by page. */
export async function idsInStatus(url: string, status: string): Promise<Set<string>> {
  const ids = new Set<string>();
  let next: string | undefined = `${url}/v1/images?status=${status}&limit=1000`;
  while (next !== undefined) {
    const { text } = await ask(next, { agent: false });
    const page = JSON.parse(text) as { images: Shown[]; next?: string };
    for (const { id } of page.images) ids.add(id);
    next = page.next;
  }
  return ids;
}

/** Has an image copied from an address, and waits until it is active. @returns its id */
export async function copyImage(url: string, source: string, size: number, md5: string): Promise<string> {
  const headers = { ...METADATA, 'x-glance-api-copy-from': source };
  const { status, text } = await ask(`${url}/v1/images`, { method: 'POST', agent: false, headers });
  assert.equal(status, 201, text);
  const { id } = (JSON.parse(text) as { image: Shown }).image;
  await becomesActive({ url, id, size, md5, failed: 'killed' });
  return id;
}

/** Has an image imported from an address by `web-download`, and waits until it is active. @returns its id */
export async function downloadFromWeb(
  url: string,
  source: string,
  size: number,
  md5: string,
): Promise<string> {
  const made = await postJson(`${url}/v2/images`, { disk_format: 'raw', container_format: 'bare' });
  assert.equal(made.status, 201, made.text);
  const { id } = JSON.parse(made.text) as Shown;
  const method = { name: 'web-download', uri: source };
  const begun = await postJson(`${url}/v2/images/${id}/import`, { method });
  assert.equal(begun.status, 202, begun.text);
  await becomesActive({ url, id, size, md5, failed: 'queued' });
  return id;
}

async function postJson(url: string, body: object): Promise<Answer> {
  const headers = { 'content-type': 'application/json' };
  return ask(url, { method: 'POST', agent: false, headers, body: JSON.stringify(body) });
}

interface Awaited {
  readonly url: string;
  readonly id: string;
  readonly size: number;
  readonly md5: string;
  /** The status of an image whose data could not be had. */
  readonly failed: 'killed' | 'queued';
}

/** Resolves when an image is there that is made in the background. */
async function becomesActive({ url, id, size, md5, failed }: Awaited): Promise<void> {
  for (;;) {
    const { status, text } = await ask(`${url}/v2/images/${id}`, { agent: false });
    assert.equal(status, 200, text);
    const image = JSON.parse(text) as Shown;
    assert.notEqual(image.status, failed, text);
    if (image.status === 'active') {
      assert.deepEqual([image.size, image.checksum], [size, md5]);
      return;
    }
    await sleep(20);
  }
}
