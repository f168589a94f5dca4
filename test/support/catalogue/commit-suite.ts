import assert from 'node:assert/strict';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import type { ImageRegistry, PublicImage } from '../../../lib/index.js';
import { engineCommits, type EngineCommits } from './engine-commits.js';
import { ADMINISTRATOR, copy, OWNER, store } from '../life/life-images.js';
import { LifeStorage, type Medium } from '../life/life-storage.js';
import { SourceHost } from '../servers/source-host.js';

const FORMATS = { disk_format: 'raw', container_format: 'bare' };
const SIZE = 100_000;

/** Defines tests of how often each use case commits, counted by the engine that holds the metadata. */
export function itCommitsNoMoreThanItMust(medium: () => Medium): void {
  const source = new SourceHost().hooks();

  for (const [title, quota] of [
    ['without a storage quota', 0],
    ['with a storage quota', 1e9],
  ] as const)
    describe(title, () => {
      let storage: LifeStorage;
      let registry: ImageRegistry;
      let commits: EngineCommits;
      const held = new PassThrough();
      let holding: Promise<PublicImage>;

      before(async () => {
        storage = await LifeStorage.make(medium());
        const options = { userStorageQuota: quota, leaseTime: 3600, delayedDelete: true };
        registry = await storage.open({ ...options, sources: { networks: ['127.0.0.1/32'] } });
        commits = await engineCommits(storage.folder, medium());
        // The record of the registry stands, and the project is counted, from here on.
        const data = { open: () => held, length: null };
        holding = registry.images.create(OWNER, FORMATS, { data });
        await store(registry, Buffer.alloc(SIZE));
      });

      after(async () => {
        held.end();
        await holding;
        commits.end();
        await storage.end();
      });

      async function assertCommits<T>(most: number, work: () => Promise<T>): Promise<T> {
        const before = await commits.count();
        const result = await work();
        assert.equal((await commits.count()) - before, most);
        return result;
      }

      const withQuota = (commitsAlone: number, forQuota: number): number =>
        commitsAlone + (quota === 0 ? 0 : forQuota);
      const reserve = (): Promise<PublicImage> => registry.images.create(OWNER, FORMATS);
      const bytes = (): { data: { open: () => PassThrough; length: number } } => ({
        data: { open: () => new PassThrough().end(Buffer.alloc(SIZE)), length: SIZE },
      });
      const hasStatus = (id: string, status: string) => async (): Promise<boolean> =>
        (await registry.images.show(ADMINISTRATOR, id)).status === status;

      it('creates an image by one', async () => {
        await assertCommits(1, reserve);
      });

      it('changes an image by one', async () => {
        const { id } = await reserve();
        await assertCommits(1, () => registry.images.update(OWNER, id, { name: 'new' }));
        await assertCommits(1, () => registry.members.put(OWNER, id, 'green'));
      });

      it('stores the data of a new image by two', async () => {
        await assertCommits(withQuota(2, 2), () => store(registry, Buffer.alloc(SIZE)));
      });

      it('stores the data of an image that was reserved by two', async () => {
        const { id } = await reserve();
        await assertCommits(withQuota(2, 2), () =>
          registry.images.update(OWNER, id, { name: 'filled' }, bytes()),
        );
        assert.ok(await hasStatus(id, 'active')());
      });

      it('copies data by three', async () => {
        const url = source.put('/data', Buffer.alloc(SIZE));
        await assertCommits(withQuota(3, 2), async () => {
          // Told when all is done, what the quota counts included.
          const activated = once(registry.events, 'image.activate');
          await copy(registry, url);
          await activated;
        });
      });

      it('deletes an image by one, and removes its data by another one', async () => {
        const { id } = await store(registry, Buffer.alloc(SIZE));
        await assertCommits(1, () => registry.images.remove(OWNER, id));
        await assertCommits(withQuota(1, 1), () => registry.sweep());
        assert.ok(await hasStatus(id, 'deleted')());
      });

      it('deletes an image without data by one', async () => {
        const { id } = await reserve();
        await assertCommits(1, () => registry.images.remove(OWNER, id));
        await assertCommits(0, () => registry.sweep());
      });
    });
}
