import http from 'node:http';
import express from 'express';
import { createImageRegistry, prepareServer } from 'express-image-registry';
import type { Logger } from 'pino';
import { isLoopback, listen, urlOf } from './address.js';
import type { Settings } from './flags.js';
import { knownHost } from './known-host.js';
import { noKeystone } from './no-keystone.js';
import { registryOptions } from './registry-options.js';
import { requestLog } from './request-log.js';
import { drainable } from './shutdown.js';
import { openStorage } from './storage.js';
import { inFlags, UsageError } from './usage-error.js';

/** The part of the shutdown timeout that is kept for cleaning up after transfers that were broken off, ms. */
const CLEANING = 5000;

export interface Running {
  /** Where the API is, with a slash at the end. */
  readonly url: string;
  /** Lets requests end and closes everything, by the deadline of the settings as far as the storage lets it. */
  stop(): Promise<void>;
}

/**
 * Starts the server that the settings describe.
 *
 * @throws UsageError when the settings would let strangers in, or the registry refuses one of them
 * @throws Error when the storage or the port cannot be had
 */
export function start(settings: Settings, log: Logger): Promise<Running> {
  return inFlags(() => launch(settings, log));
}

async function launch(settings: Settings, log: Logger): Promise<Running> {
  const { host, port, prefix, auth, allowOpenNone, publicEndpoint } = settings;
  if (auth === 'none' && !isLoopback(host) && !allowOpenNone) {
    throw new UsageError(
      `--host ${host} lets other machines in and --auth none makes everyone an admin: choose another --auth, or add --allow-open-none`,
    );
  }
  const options = registryOptions(settings);
  const { metadata, blobs } = await openStorage(settings, log);
  const registry = createImageRegistry({ ...options, metadata, blobs, logger: log });
  if (settings.reindex) await registry.reindex();
  await registry.ready();

  const app = express();
  app.disable('x-powered-by');
  app.use(requestLog(log));
  if (auth === 'none' && !allowOpenNone) app.use(knownHost(publicEndpoint));
  if (auth !== 'keystone') app.use(prefix, noKeystone());
  app.use(prefix, registry);
  const server = prepareServer(http.createServer(app));
  const drain = drainable(server);
  await listen(server, port, host);
  return {
    url: urlOf(server, prefix),
    stop: async () => {
      const whole = settings.shutdownTimeout * 1000;
      const end = performance.now() + whole;
      await drain(whole - Math.min(CLEANING, whole / 2));
      await registry.close({ deadline: Math.max(0, end - performance.now()) });
      await metadata.disconnect();
    },
  };
}
