/** The registry with its data in S3: `node s3-registry-server.js FOLDER ENDPOINT`. */
import http from 'node:http';
import express from 'express';
import { createImageRegistry, none, prepareServer, s3Store } from '../lib/index.js';
import { listen } from './listen.js';
import { S3_CREDENTIALS } from './s3-transfers.js';

const [, , dataDir, endpoint] = process.argv;
if (dataDir === undefined || endpoint === undefined) throw new Error('which folder and endpoint?');
const registry = createImageRegistry({
  authenticate: none(),
  dataDir,
  blobs: s3Store({ bucket: 'bench', clientOptions: { endpoint, credentials: S3_CREDENTIALS } }),
});
const app = express();
app.use(registry);
await registry.ready();
listen(prepareServer(http.createServer(app)), () => registry.close());
