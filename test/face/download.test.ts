import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { memoryStore, type BlobStore, type DownloadOptions } from '../../lib/index.js';
import { Host } from '../support/mounts/host.js';
import { ANN, EVE, FaceHost, FORMATS, refusal, textOf } from '../support/access/face.js';

const DATA = Buffer.from('0123456789');

describe('images.download', () => {
  const host = new FaceHost();

  it('opens all, a range, what the image tells, or nothing', async () => {
    const { images } = host.registry;
    const { id, checksum } = await images.create(ANN, FORMATS, { data: DATA });
    for (const [range, text] of [
      [undefined, '0123456789'],
      ['all', '0123456789'],
      [{ start: 2, end: 4 }, '234'],
      [({ size }) => ({ start: 8, end: (size ?? 0) - 1 }), '89'],
      ['none', ''],
    ] as const satisfies readonly (readonly [DownloadOptions['range'], string])[]) {
      const { image, size, stream } = await images.download(ANN, id, { range });
      assert.deepEqual([await textOf(stream), size, image.checksum], [text, text.length, checksum]);
    }
  });

  it('refuses in words', async () => {
    const { images } = host.registry;
    const { id } = await images.create(ANN, FORMATS, { data: DATA });
    const queued = await images.create(ANN);
    for (const [caller, image, range, code] of [
      [EVE, id, 'all', 'not_found'],
      [ANN, crypto.randomUUID(), 'all', 'not_found'],
      [ANN, queued.id, 'all', 'no_data'],
      [ANN, id, { start: 5, end: 10 }, 'range_not_satisfiable'],
      [ANN, id, { start: 5, end: 4 }, 'range_not_satisfiable'],
      [ANN, id, { start: -1, end: 4 }, 'range_not_satisfiable'],
    ] as const)
      await assert.rejects(images.download(caller, image, { range }), refusal(code));
  });

  it('ends with its signal', async () => {
    const { images } = host.registry;
    const { id } = await images.create(ANN, FORMATS, { data: Buffer.alloc(4 * 1024 * 1024) });
    const leaving = new AbortController();
    const { stream } = await images.download(ANN, id, { signal: leaving.signal });
    leaving.abort();
    await assert.rejects(textOf(stream));
  });
});

/** A store that a test gets in the way of. */
class Hindered {
  before: () => Promise<void> = () => Promise.resolve();
  data: (() => Readable) | null = null;
  size: number | null = null;
  readonly #inner = memoryStore();
  readonly store: BlobStore = {
    write: (key, data, options) => this.#inner.write(key, data, options),
    stat: async (location) => {
      await this.before();
      const { size } = await this.#inner.stat(location);
      return { size: this.size ?? size };
    },
    read: (location, options) =>
      this.data === null ? this.#inner.read(location, options) : Promise.resolve(this.data()),
    remove: (location) => this.#inner.remove(location),
    discard: (key) => this.#inner.discard(key),
  };
}

describe('a blob that goes while it is opened', () => {
  const hindered = new Hindered();
  const host = new FaceHost({ blobs: hindered.store });
  const server = new Host(undefined, 'memory', { blobs: hindered.store }).hooks();

  beforeEach(() => {
    hindered.before = () => Promise.resolve();
  });

  it('leads back to the record, which is deleted', async () => {
    const { images } = host.registry;
    const { id } = await images.create(ANN, FORMATS, { data: DATA });
    hindered.before = () => {
      hindered.before = () => Promise.resolve();
      return images.remove(ANN, id);
    };
    await assert.rejects(images.download(ANN, id), refusal('not_found'));
    assert.deepEqual(
      host.log.entries.filter(({ level }) => level === 'error'),
      [],
    );
  });

  it('is 404 over HTTP, too', async () => {
    const { id } = await server.client().upload(DATA);
    hindered.before = async () => {
      hindered.before = () => Promise.resolve();
      await server.client().ask(`/v1/images/${id}`, { method: 'DELETE' });
    };
    const answer = await server.client().ask(`/v1/images/${id}`);
    assert.deepEqual([answer.status, answer.headers['x-image-meta-id']], [404, undefined]);
    assert.deepEqual(
      server.logged.filter(({ level }) => level === 'error'),
      [],
    );
  });
});

describe('a blob that is not what the image says', () => {
  const hindered = new Hindered();
  const host = new FaceHost({ blobs: hindered.store });

  it('is refused, or fails', async () => {
    const { images } = host.registry;
    const { id } = await images.create(ANN, FORMATS, { data: DATA });
    hindered.size = 9;
    await assert.rejects(images.download(ANN, id), refusal('blob_damaged', /cannot be read/));
    assert.ok(host.log.entries.some(({ level, fields }) => level === 'error' && fields.image === id));
    hindered.size = null;
    for (const wrong of ['012345678', '0123456789x']) {
      hindered.data = () => Readable.from([Buffer.from(wrong)]);
      const { stream } = await images.download(ANN, id);
      await assert.rejects(textOf(stream));
    }
  });
});
