/**
 * The registry with its default storage: `tsx registry-server.ts FOLDER sha512`. Beside it `GET /bench/delay` tells for how many milliseconds the event loop has kept
 * things waiting since it was last asked: the 99th percentile.
 */
import http from 'node:http';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import express from 'express';
import { createImageRegistry, none, prepareServer } from '../lib/index.js';
import { listen } from './listen.js';

const [, , dataDir, hashAlgorithm = 'sha512'] = process.argv;
if (dataDir === undefined) throw new Error('which folder?');
/** ms between two looks at the clock. */
const RESOLUTION = 5;
const delays = monitorEventLoopDelay({ resolution: RESOLUTION });
delays.enable();
const registry = createImageRegistry({
  authenticate: none(),
  dataDir,
  hashAlgorithm: hashAlgorithm === 'sha256' ? 'sha256' : 'sha512',
  sources: { networks: ['127.0.0.0/8'] },
});
const app = express();
app.get('/bench/delay', (_request, response) => {
  const p99 = delays.percentile(99) / 1e6 - RESOLUTION;
  delays.reset();
  response.json({ p99 });
});
app.use(registry);
await registry.ready();
listen(prepareServer(http.createServer(app)), () => registry.close());
