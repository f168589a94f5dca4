/**
 * A registry in a process of its own that does one thing: `tsx mortal-child.ts '{...}'`. It may end itself by SIGKILL at a
 * given call of its storage, else it ends when the thing is done; it writes `begun` to stdout when it begins, and a server
 * `listening on URL`.
 */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import type { ImportRequest } from '../../../lib/domain/import-task.js';
import { prepareServer, type ImageRegistry, type ImageRegistryOptions } from '../../../lib/index.js';
import { FileSteps, type FilePoints } from './file-steps.js';
import { ADMINISTRATOR, copy, importAll, OWNER, store } from './life-images.js';
import { LifeLoad } from './life-load.js';
import { Mortality, type DeathPoint } from './mortality.js';
import { LifeStorage, type LifeStores, type Medium } from './life-storage.js';
import { until } from '../until.js';

export interface DeedSettings {
  readonly folder: string;
  /** Default: LMDB and disk. */
  readonly medium?: Medium;
  /** Default: one. */
  readonly stores?: LifeStores | undefined;
  readonly options?: Partial<ImageRegistryOptions>;
  readonly deed: Deed;
  /** The image that it is about. */
  readonly id?: string;
  /** Where data is copied from. */
  readonly source?: string;
  /** What to import, and where to. */
  readonly import?: ImportRequest | undefined;
  /** Counted from where the deed begins; of a server, from its start. */
  readonly die?: DeathPoint;
  readonly files?: FilePoints;
}

export type Deed =
  'store' | 'copy' | 'stage' | 'import' | 'remove a copy' | 'delete' | 'share' | 'sweep' | 'load' | 'serve';

/** What a deed is told: whatever it needs is there. */
type Told = DeedSettings & Required<Pick<DeedSettings, 'id' | 'source'>>;

const DEEDS: Record<Deed, (registry: ImageRegistry, settings: Told) => Promise<void>> = {
  copy: async (registry, { id, source }) => {
    await copy(registry, source, { id });
    await until('the copy ends', async () => {
      const { status } = await registry.images.show(ADMINISTRATOR, id);
      return status === 'active' || status === 'killed';
    });
  },
  store: async (registry, { id }) => {
    await store(registry, 'data', { id });
  },
  stage: async ({ images }, { id }) => {
    await images.stage(OWNER, id, { data: Buffer.from('data') });
  },
  import: async (registry, { id, source: uri, import: request }) => {
    await importAll(registry, id, { method: 'web-download', uri, ...request });
  },
  'remove a copy': async ({ images }, { id }) => {
    await images.removeCopy(OWNER, id, 'archive');
  },
  delete: (registry, { id }) => registry.images.remove(OWNER, id),
  share: (registry, { id }) => registry.members.put(OWNER, id, 'green'),
  sweep: async (registry) => {
    await registry.sweep();
  },
  load: (registry, { source, stores }) =>
    new LifeLoad(registry, { source, ...stores }).during(Infinity, 6, async () => {
      await registry.sweep();
    }),
  serve: async (registry) => {
    const app = express();
    app.use(registry);
    const server = prepareServer(http.createServer(app));
    server.listen(0, '127.0.0.1', () => {
      console.log(`listening on http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    });
    // Until it is killed.
    await new Promise(() => undefined);
  },
};

const given = JSON.parse(process.argv[2] ?? '{}') as DeedSettings;
const settings: Told = { id: '', source: '', ...given };
const mortality = new Mortality(settings.die);
const isServer = settings.deed === 'serve';
const storage = LifeStorage.in(settings.folder, settings.medium ?? 'LMDB and disk', settings.stores);
const steps = settings.files === undefined ? undefined : await FileSteps.install(settings.files);
if (isServer) mortality.arm();
const registry = await storage.open({
  metadata: mortality.wrap(storage.space),
  blobs: storage.named((store) => steps?.from(store) ?? mortality.wrap(store)),
  sources: { networks: ['127.0.0.1/32'] },
  // The load does not wait for what it begins.
  copyQueue: 10_000,
  ...settings.options,
});
mortality.arm();
if (!isServer) console.log('begun');
await DEEDS[settings.deed](registry, settings);
await registry.close();
process.exit(0);
