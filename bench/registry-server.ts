/**
 * The registry with its default storage: `node registry-server.js FOLDER sha512`, or with its metadata in a Redis whose address is added. Beside it
 *
 * - `GET /bench/delay` for how many milliseconds the event loop has kept things waiting since it was last asked: 99th percentile and longest
 * - `GET /bench/start` how many milliseconds it took from the making of the registry to its first answer
 */
import http from 'node:http';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import KeyvRedis from '@keyv/redis';
import express from 'express';
import Keyv from 'keyv';
import { createImageRegistry, none, prepareServer } from '../lib/index.js';
import { listen } from './listen.js';

const [, , dataDir, hashAlgorithm = 'sha512', redis = ''] = process.argv;
if (dataDir === undefined) throw new Error('which folder?');
/** ms between two looks at the clock. */
const RESOLUTION = 5;
const delays = monitorEventLoopDelay({ resolution: RESOLUTION });
delays.enable();
const keyv = redis === '' ? undefined : new Keyv({ store: new KeyvRedis(redis), throwOnErrors: true });
const begun = performance.now();
let started: number | undefined;
const registry = createImageRegistry({
  authenticate: none(),
  dataDir,
  ...(keyv === undefined ? {} : { metadata: keyv }),
  hashAlgorithm: hashAlgorithm === 'sha256' ? 'sha256' : 'sha512',
  sources: { networks: ['127.0.0.0/8'] },
});
const app = express();
app.get('/bench/delay', (_request, response) => {
  const [p99, most] = [delays.percentile(99), delays.max].map((delay) => delay / 1e6 - RESOLUTION);
  delays.reset();
  response.json({ p99, most });
});
app.get('/bench/start', (_request, response) => {
  response.json({ started });
});
app.use((_request, response, next) => {
  if (started === undefined) response.once('finish', () => (started ??= performance.now() - begun));
  next();
});
app.use(registry);
listen(prepareServer(http.createServer(app)), async () => {
  await registry.close();
  await keyv?.disconnect();
});
