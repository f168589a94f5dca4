import assert from 'node:assert/strict';
import { text } from 'node:stream/consumers';
import {
  createImageRegistry,
  memoryStore,
  none,
  type ImageRegistry,
  type ListedBlob,
  type StoreSettings,
} from '../../lib/index.js';
import { ANN, FORMATS, refusal } from '../support/access/face.js';
import { PlainKeySpace } from '../support/catalogue/plain-key-space.js';
import { RecordingLog } from '../support/recording-log.js';

describe('a store that becomes read-only', () => {
  const data = { data: Buffer.from('data') };
  let space: PlainKeySpace;
  let archive: ReturnType<typeof memoryStore>;
  let registry: ImageRegistry;

  /** Starts a registry on the same metadata and the same archive. */
  async function start(settings: Partial<StoreSettings>): Promise<void> {
    registry = createImageRegistry({
      authenticate: none(),
      metadata: space,
      blobs: {
        stores: { main: memoryStore(), archive: { store: archive, ...settings } },
        defaultStore: 'main',
      },
      sweepInterval: 0,
      logger: new RecordingLog(),
    });
    await registry.ready();
  }

  async function archived(): Promise<ListedBlob[]> {
    const found: ListedBlob[] = [];
    for await (const blob of archive.list?.() ?? []) found.push(blob);
    return found;
  }

  beforeEach(async () => {
    space = new PlainKeySpace();
    archive = memoryStore();
    await start({});
  });
  afterEach(() => registry.close());

  it('gives its data, and keeps that of deleted images until it may be written to again', async () => {
    const { id } = await registry.images.create(ANN, { ...FORMATS, store: 'archive' }, data);
    await registry.close();
    await start({ readOnly: true });
    assert.equal(await text((await registry.images.download(ANN, id)).stream), 'data');
    await registry.images.remove(ANN, id);
    await assert.rejects(registry.images.show(ANN, id), refusal('not_found'));
    await registry.sweep();
    assert.equal((await archived()).length, 1);
    // What is to go is no orphan, and nothing is missing.
    assert.equal((await registry.verify()).ok, true);
  });

  it('takes no data for images that were reserved with it, which stay as they are', async () => {
    const { id } = await registry.images.create(ANN, { ...FORMATS, store: 'archive' });
    await registry.close();
    await start({ readOnly: true });
    await assert.rejects(registry.images.upload(ANN, id, data), refusal('gone', /read-only/));
    await assert.rejects(
      registry.images.create(ANN, { ...FORMATS, store: 'archive' }, data),
      refusal('gone'),
    );
    assert.equal((await registry.images.show(ANN, id)).status, 'queued');
    const image = await registry.images.upload(ANN, id, data, { store: 'main' });
    assert.deepEqual([image.status, image.stores], ['active', ['main']]);
    assert.deepEqual(await archived(), []);
  });
});
