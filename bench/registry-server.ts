/** The registry with its default storage: `tsx registry-server.ts FOLDER`. */
import http from 'node:http';
import express from 'express';
import { createImageRegistry, none, prepareServer } from '../lib/index.js';
import { listen } from './listen.js';

const [, , dataDir] = process.argv;
if (dataDir === undefined) throw new Error('which folder?');
const registry = createImageRegistry({
  authenticate: none(),
  dataDir,
  sources: { networks: ['127.0.0.0/8'] },
});
const app = express();
app.use(registry);
await registry.ready();
listen(prepareServer(http.createServer(app)), () => registry.close());
