import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import type { Answer } from '../support/clients/ask.js';
import { memoryStore, type BlobStore } from '../../lib/index.js';
import { Host, onEveryHost } from '../support/mounts/host.js';
import { FORMATS } from '../support/clients/images-client.js';
import { until } from '../support/until.js';

const SIZE = 300 * 1024 + 7;
const DATA = randomBytes(SIZE);
const MD5 = createHash('md5').update(DATA).digest('hex');

const SMALL = randomBytes(100);
const SMALL_MD5 = createHash('md5').update(SMALL).digest('hex');

/** `Range`, then first and last byte of the answer. */
const RANGES: readonly (readonly [string, number, number])[] = [
  ['bytes=0-0', 0, 0],
  ['bytes=0-99', 0, 99],
  ['BYTES=0-99', 0, 99],
  ['bytes= 5-6 ', 5, 6],
  ['bytes=1000-270000', 1000, 270_000],
  ['bytes=262143-262144', 262_143, 262_144],
  ['bytes=-5', SIZE - 5, SIZE - 1],
  ['bytes=-99999999999999999999999', 0, SIZE - 1],
  [`bytes=${SIZE - 1}-`, SIZE - 1, SIZE - 1],
  ['bytes=0-', 0, SIZE - 1],
  ['bytes=7-99999999999999999999999', 7, SIZE - 1],
];

const NO_RANGES = [
  'bytes=5-2',
  'bytes=a-b',
  'bytes=',
  'bytes=-',
  'bytes=--5',
  'bytes=1-2-3',
  'bytes=0x1-2',
  'bytes=0-1,5-6',
  'items=0-1',
  '0-5',
  'bytes',
];

const BEYOND = [`bytes=${SIZE}-`, 'bytes=99999999999999999999999-', `bytes=${SIZE}-${SIZE + 5}`, 'bytes=-0'];

/** How clients write an entity tag. */
const forms = (tag: string): string[] => [tag, `"${tag}"`, `W/"${tag}"`, ` "${tag}" `];

onEveryHost('downloads', {}, (host) => {
  let id: string;
  let small: string;

  before(async () => {
    id = (await host.client().upload(DATA)).id;
    small = (await host.client().upload(SMALL)).id;
  });

  const get = (headers: Readonly<Record<string, string>>, image = id): Promise<Answer> =>
    host.client().ask(`/v1/images/${image}`, { headers });

  it('send the whole with its headers', async () => {
    const answer = await get({});
    assert.equal(answer.status, 200);
    assert.ok(answer.body.equals(DATA));
    const { headers } = answer;
    assert.equal(headers['content-length'], String(SIZE));
    assert.equal(headers['content-type'], 'application/octet-stream');
    assert.equal(headers['accept-ranges'], 'bytes');
    assert.equal(headers.etag, MD5);
    assert.equal(headers['x-image-meta-checksum'], MD5);
    assert.equal(headers['x-image-meta-size'], String(SIZE));
    assert.equal(headers['content-range'], undefined);
  });

  it('send one range', async () => {
    for (const [range, first, last] of RANGES) {
      const answer = await get({ range });
      assert.equal(answer.status, 206, range);
      assert.equal(answer.headers['content-range'], `bytes ${first}-${last}/${SIZE}`, range);
      assert.equal(answer.headers['content-length'], String(last - first + 1), range);
      assert.ok(answer.body.equals(DATA.subarray(first, last + 1)), range);
    }
  });

  it('send the whole for what is no single range', async () => {
    for (const range of NO_RANGES) {
      const answer = await get({ range }, small);
      assert.equal(answer.status, 200, range);
      assert.ok(answer.body.equals(SMALL), range);
    }
  });

  it('refuse a range beyond the end', async () => {
    for (const range of BEYOND) {
      const answer = await get({ range });
      assert.equal(answer.status, 416, range);
      assert.equal(answer.headers['content-range'], `bytes */${SIZE}`);
      assert.equal(answer.headers['x-image-meta-id'], undefined);
      assert.equal(answer.headers.etag, undefined);
    }
  });

  it('send a range only of the image that If-Range names', async () => {
    for (const tag of forms(SMALL_MD5)) {
      const answer = await get({ range: 'bytes=3-4', 'if-range': tag }, small);
      assert.equal(answer.status, 206, tag);
      assert.ok(answer.body.equals(SMALL.subarray(3, 5)));
    }
    for (const tag of [...forms('0'.repeat(32)), 'Sat, 29 Oct 1994 19:43:31 GMT', '""', `"${SMALL_MD5}`]) {
      const answer = await get({ range: 'bytes=3-4', 'if-range': tag }, small);
      assert.equal(answer.status, 200, tag);
      assert.equal(answer.body.length, SMALL.length);
      const beyond = await get({ range: `bytes=${SMALL.length}-`, 'if-range': tag }, small);
      assert.equal(beyond.status, 200, tag);
    }
  });

  it('send nothing that the client has', async () => {
    const lists = [`"x", "${SMALL_MD5}"`, `W/"a",W/"${SMALL_MD5}" , b`, '*', ' * '];
    for (const tag of [...forms(SMALL_MD5), ...lists]) {
      const answer = await get({ 'if-none-match': tag }, small);
      assert.equal(answer.status, 304, tag);
      assert.equal(answer.body.length, 0);
      assert.equal(answer.headers.etag, SMALL_MD5);
    }
    for (const tag of ['"x"', `x${SMALL_MD5}`, `"${SMALL_MD5.toUpperCase()}"`, ''])
      assert.equal((await get({ 'if-none-match': tag }, small)).status, 200, tag);
    assert.equal((await get({ 'if-none-match': SMALL_MD5, range: 'bytes=0-1' }, small)).status, 304);
  });

  it('show the headers alone to HEAD', async () => {
    for (const headers of [{}, { range: 'bytes=0-1' }]) {
      const answer = await host.client().ask(`/v1/images/${id}`, { method: 'HEAD', headers });
      assert.equal(answer.status, 200);
      assert.equal(answer.body.length, 0);
      assert.equal(answer.headers.etag, MD5);
      assert.equal(answer.headers['x-image-meta-size'], String(SIZE));
    }
  });

  it('send an image of no bytes', async () => {
    const client = host.client();
    const uploaded = await client.upload('', {}, true);
    const declared = await client.reserve({ ...FORMATS, 'x-image-meta-size': '0' });
    for (const image of [uploaded, declared]) {
      assert.equal(image.status, 'active');
      const answer = await get({}, image.id);
      assert.equal(answer.status, 200);
      assert.equal(answer.headers['content-length'], '0');
      for (const range of ['bytes=0-0', 'bytes=0-', 'bytes=-1']) {
        const refused = await get({ range }, image.id);
        assert.equal(refused.status, 416, range);
        assert.equal(refused.headers['content-range'], 'bytes */0');
      }
    }
  });

  it('have no data for what is not active', async () => {
    const { id: queued } = await host.client().reserve();
    for (const headers of [{}, { 'if-none-match': '*' }, { range: 'bytes=0-0' }]) {
      const answer = await get(headers, queued);
      assert.equal(answer.status, 404);
      assert.equal(answer.headers['x-image-meta-id'], undefined);
    }
  });

  it('tell listeners what was sent, and of nothing that was not', async () => {
    const { id: watched } = await host.client().upload(DATA);
    const sent: number[] = [];
    host.served.registry.events.on('image.send', (image, { bytes }) => {
      if (image.id === watched) sent.push(bytes);
    });
    await get({ 'if-none-match': '*' }, watched);
    await get({ range: `bytes=${SIZE}-` }, watched);
    await host.client().ask(`/v1/images/${watched}`, { method: 'HEAD' });
    await get({ range: 'bytes=10-19' }, watched);
    await until('the range is told of', () => sent.length > 0);
    await get({}, watched);
    await until('the whole is told of', () => sent.length > 1);
    assert.deepEqual(sent, [10, SIZE]);
  });
});

describe('HEAD of the data in v2', () => {
  const store = memoryStore();
  let read = 0;
  const blobs: BlobStore = {
    write: (key, data, options) => store.write(key, data, options),
    stat: (location) => store.stat(location),
    remove: (location) => store.remove(location),
    discard: (key) => store.discard(key),
    read: async (location, options) => {
      const stream = await store.read(location, options);
      return stream.on('data', (chunk: Buffer) => void (read += chunk.length)).pause();
    },
  };
  const host = new Host(undefined, 'memory', { blobs }).hooks();

  it('has the headers of a GET, and reads no more than one buffer for them', async () => {
    const { id } = await host.client().upload(Buffer.alloc(4 * 1024 * 1024));
    const path = `/v2/images/${id}/file`;
    const answer = await host.client().ask(path, { method: 'HEAD' });
    assert.ok(read <= 1024 * 1024, `${read} bytes were read`);
    const { headers } = await host.client().ask(path);
    assert.equal(read >= 4 * 1024 * 1024, true);
    for (const name of ['content-length', 'content-type', 'content-md5', 'etag', 'accept-ranges'])
      assert.equal(answer.headers[name], headers[name], name);
    assert.deepEqual([answer.status, answer.body.length], [200, 0]);
  });
});
