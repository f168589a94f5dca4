import http from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import type { Express } from 'express';
import express4 from 'express4';
import type { ImageRegistry, ImageRegistryOptions } from '../../../lib/index.js';
import { createImageRegistry, prepareServer } from '../../../lib/index.js';

/** One way in which host apps mount a registry. */
export interface Mount {
  readonly name: string;
  readonly prefix: string;
  /** Whether the host gives its server to `prepareServer`. */
  readonly prepared: boolean;
  /** Makes the host app. Default: one of Express 5. */
  readonly make?: () => Express;
  /** What the host app does before the registry. */
  readonly before: (app: Express) => void;
}

const nothing = (): void => undefined;

/** Every way of mounting that the HTTP suites run under. */
export const MOUNTS: readonly [Mount, ...Mount[]] = [
  { name: 'at /', prefix: '/', prepared: true, before: nothing },
  {
    name: 'under a prefix of an Express 4 app',
    prefix: '/deep/images-api',
    prepared: false,
    make: express4,
    before: nothing,
  },
  {
    name: 'behind express.json()',
    prefix: '/images-api',
    prepared: false,
    before: (app) => app.use(express.json()),
  },
  {
    name: 'behind express.raw()',
    prefix: '/images-api',
    prepared: true,
    before: (app) => app.use(express.raw({ type: 'application/octet-stream', limit: '64mb' })),
  },
  {
    name: 'with trust proxy',
    prefix: '/images-api',
    prepared: true,
    before: (app) => app.set('trust proxy', true),
  },
];

export interface Served {
  /** Where the API is, without a slash at the end. */
  readonly url: string;
  readonly registry: ImageRegistry;
  readonly server: http.Server;
  /** Ends the server, its connections and the registry. */
  close(): Promise<void>;
}

/** Serves a new registry from a new Express app on a free port of loopback. */
export async function serve(options: ImageRegistryOptions, mount: Mount = MOUNTS[0]): Promise<Served> {
  const app = mount.make?.() ?? express();
  mount.before(app);
  const registry = createImageRegistry(options);
  app.use(mount.prefix, registry);
  await registry.ready();
  const server = mount.prepared ? prepareServer(http.createServer(app)) : http.createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: mount.prefix === '/' ? origin : origin + mount.prefix,
    registry,
    server,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      await registry.close();
    },
  };
}
