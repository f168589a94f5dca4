/** How a program gets what it needs. */
const LOAD = {
  import: `import assert from 'node:assert/strict';
import http from 'node:http';
import express from 'express';
import { createImageRegistry, none } from 'express-image-registry';`,
  require: `const assert = require('node:assert/strict');
const http = require('node:http');
const express = require('express');
const { createImageRegistry, none } = require('express-image-registry');`,
};

/** A program, in JavaScript that is TypeScript as well, that uploads an image to a registry of its own and downloads it again. */
export function roundTrip(load: keyof typeof LOAD): string {
  return `${LOAD[load]}

// Enough of it to be digested in threads.
const DATA = 'the bytes of an image'.repeat(50_000);
process.on('warning', ({ message }) => {
  if (message.startsWith('no threads')) throw new Error(message);
});

async function main() {
  const app = express();
  const registry = createImageRegistry({ authenticate: none() });
  app.use('/images-api', registry);
  await registry.ready();
  const server = http.createServer(app);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(null)));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const url = 'http://127.0.0.1:' + address.port + '/images-api/v1/images';
  const created = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/octet-stream',
      'x-image-meta-name': 'packed',
      'x-image-meta-disk_format': 'raw',
      'x-image-meta-container_format': 'bare',
    },
    body: DATA,
  });
  assert.equal(created.status, 201);
  const location = created.headers.get('location') ?? '';
  assert.ok(location.startsWith(url + '/'), location);
  const data = await fetch(location);
  assert.equal(await data.text(), DATA);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await registry.close();
  console.log('round trip done');
}

void main();
`;
}
