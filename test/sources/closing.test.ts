import assert from 'node:assert/strict';
import type http from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { callerOf } from '../../lib/domain/identity.js';
import { createImageRegistry, devTokens, type ImageRegistry } from '../../lib/index.js';
import { until } from '../support/until.js';
import { begun, SourceHost } from '../support/servers/source-host.js';
import { LOOPBACK } from '../support/servers/source-images.js';

const ANN = callerOf({ user: 'ann', project: 'blue', roles: ['member'] });
const FORMATS = { disk_format: 'raw', container_format: 'bare' };
const DATA = Buffer.alloc(100_000, 'data');

describe('a registry that is closed while it copies', () => {
  const source = new SourceHost().hooks();
  let dataDir: string;

  beforeEach(async () => {
    source.forget();
    dataDir = await mkdtemp(path.join(os.tmpdir(), 'closing-'));
  });

  afterEach(() => rm(dataDir, { recursive: true }));

  async function open(): Promise<ImageRegistry> {
    const registry = createImageRegistry({
      authenticate: devTokens(),
      dataDir,
      copyConcurrency: 1,
      leaseTime: 0.1,
      logger: {
        debug: () => undefined,
        info: () => undefined,
        warn: () => undefined,
        error: () => undefined,
      },
      ...LOOPBACK,
    });
    await registry.ready();
    return registry;
  }

  const copy = async (registry: ImageRegistry, url: string): Promise<string> => {
    return (await registry.images.create(ANN, FORMATS, { copyFrom: url })).id;
  };

  it('ends each of them, and nothing is left half done', async () => {
    const registry = await open();
    const done = await copy(registry, source.put('/done', DATA));
    await until('one is done', async () => (await registry.images.show(ANN, done)).status === 'active');
    const held = source.hold('/held', DATA);
    const going = await copy(registry, held.url);
    await begun(held);
    const waiting = await Promise.all([copy(registry, held.url), copy(registry, held.url)]);
    await registry.close();
    await until('the source is let go', () => held.waiting() === 0);
    assert.equal(source.asked.filter((asked) => asked === 'GET /held').length, 1);
    const again = await open();
    try {
      assert.equal((await again.images.show(ANN, done)).status, 'active');
      for (const id of [going, ...waiting]) {
        const { status, size, message } = await again.images.show(ANN, id);
        // Those that waited have not read a byte: other data may come, of any size.
        assert.deepEqual([status, size], id === going ? ['killed', DATA.length] : ['queued', null]);
        assert.ok((message ?? '').length > 0, 'the owner reads why');
      }
      const [first] = waiting;
      const other = await again.images.upload(ANN, first, { data: Readable.from([Buffer.from('other')]) });
      assert.deepEqual([other.status, other.size], ['active', 5]);
      // Nothing was left to the janitor.
      assert.equal((await again.sweep()).settled, 0);
      assert.ok((await again.verify()).ok);
    } finally {
      await again.close();
    }
  });

  it('leaves no image stuck that is being made', async () => {
    const registry = await open();
    const heads: http.ServerResponse[] = [];
    const url = source.on('/slow', (request, response) => {
      if (request.method === 'HEAD') heads.push(response);
      else response.end(DATA);
    });
    const asking = copy(registry, url);
    asking.catch(() => undefined);
    await until('its size is asked', () => heads.length === 1);
    await registry.close();
    for (const head of heads) head.writeHead(200, { 'content-length': DATA.length }).end();
    await assert.rejects(asking, { name: 'RegistryError', code: 'unavailable' });
    await assert.rejects(copy(registry, source.put('/other', DATA)), {
      name: 'RegistryError',
      code: 'unavailable',
    });
    const again = await open();
    try {
      await until('what is left is settled', async () => {
        await again.sweep();
        return (await again.verify()).ok;
      });
    } finally {
      await again.close();
    }
  });
});
