/**
 * A registry in a process of its own that does one thing: `tsx life-child.ts '{...}'`. It may end itself by SIGKILL at a
 * given call of its storage, else it ends when the thing is done; it writes `begun` to stdout when it begins.
 */
import { callerOf } from '../../../lib/domain/identity.js';
import type { ImageRegistry, ImageRegistryOptions } from '../../../lib/index.js';
import { FileSteps, type FilePoints } from './file-steps.js';
import { copy, OWNER, store } from './life-images.js';
import { LifeLoad } from './life-load.js';
import { Mortality, type DeathPoint } from './life-mortal.js';
import { LifeStorage, type Medium } from './life-storage.js';
import { until } from '../until.js';

export interface LifeChildSettings {
  readonly folder: string;
  readonly medium: Medium;
  readonly options: Partial<ImageRegistryOptions>;
  readonly deed: Deed;
  /** The image that it is about. */
  readonly id: string;
  /** Where data is copied from. */
  readonly source: string;
  readonly die?: DeathPoint;
  readonly files?: FilePoints;
}

export type Deed = 'store' | 'copy' | 'stage' | 'import' | 'fetch' | 'delete' | 'share' | 'sweep' | 'load';

const ADMINISTRATOR = callerOf({ user: 'root', project: 'red', roles: ['admin'] });

const DEEDS: Record<Deed, (registry: ImageRegistry, settings: LifeChildSettings) => Promise<void>> = {
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
  import: async ({ images }, { id }) => {
    await images.import(OWNER, id, { method: 'glance-direct' });
  },
  fetch: async ({ images }, { id, source: uri }) => {
    await images.import(OWNER, id, { method: 'web-download', uri });
    await until('the import ends', async () => {
      const { status } = await images.show(OWNER, id);
      return status === 'active' || status === 'queued';
    });
  },
  delete: (registry, { id }) => registry.images.remove(OWNER, id),
  share: (registry, { id }) => registry.members.put(OWNER, id, 'green'),
  sweep: async (registry) => {
    await registry.sweep();
  },
  load: (registry, { source }) =>
    new LifeLoad(registry, source).during(Infinity, 6, async () => {
      await registry.sweep();
    }),
};

const settings = JSON.parse(process.argv[2] ?? '{}') as LifeChildSettings;
const mortality = new Mortality(settings.die);
const storage = await LifeStorage.at(settings.folder, settings.medium);
const steps = settings.files === undefined ? undefined : await FileSteps.install(settings.files);
const registry = await storage.open({
  metadata: mortality.wrap(storage.space),
  blobs: steps?.from(storage.blobs) ?? mortality.wrap(storage.blobs),
  sources: { networks: ['127.0.0.1/32'] },
  ...settings.options,
});
mortality.arm();
console.log('begun');
await DEEDS[settings.deed](registry, settings);
await registry.close();
process.exit(0);
