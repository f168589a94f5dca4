import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import type { Settings } from '../../example/flags.js';
import { readSettings } from '../../example/settings.js';
import { start } from '../../example/start.js';
import { UsageError } from '../../example/usage-error.js';

const SILENT = pino({ level: 'silent' });

describe('the stores of the example server', () => {
  let data: string;
  beforeEach(async () => (data = await mkdtemp(path.join(os.tmpdir(), 'stores-'))));
  afterEach(() => rm(data, { recursive: true }));

  function settings(...args: string[]): Settings {
    const read = readSettings(['--port', '0', '--metadata', 'memory', '--data', data, ...args], {});
    assert.ok(typeof read !== 'string');
    return read;
  }

  it('have folders of their own, and the first that takes data is the default', async () => {
    const cold = path.join(data, 'elsewhere');
    const stores = ['web=http', 'fast=disk', `cold=disk:${cold}`, 'ram=memory'];
    const server = await start(settings(...stores.flatMap((store) => ['--store', store])), SILENT);
    try {
      const told = (await (await fetch(`${server.url}v2/info/stores/detail`)).json()) as { stores: object[] };
      assert.deepEqual(told.stores, [
        { id: 'web', 'read-only': 'true', type: 'http', properties: {} },
        { id: 'fast', default: 'true', type: 'file', properties: {} },
        { id: 'cold', type: 'file', properties: {} },
        { id: 'ram', type: 'memory', properties: {} },
      ]);
      const headers = {
        'x-image-meta-disk_format': 'raw',
        'x-image-meta-container_format': 'bare',
        'content-type': 'application/octet-stream',
      };
      for (const store of ['fast', 'cold', 'ram']) {
        const all = { ...headers, 'x-image-meta-store': store };
        const answer = await fetch(`${server.url}v1/images`, { method: 'POST', headers: all, body: store });
        assert.equal(answer.status, 201, await answer.text());
      }
    } finally {
      await server.stop();
    }
    assert.equal((await blobsIn(path.join(data, 'stores', 'fast'))).length, 1);
    assert.equal((await blobsIn(cold)).length, 1);
    assert.deepEqual((await readdir(data)).sort(), ['elsewhere', 'stores']);
  });

  const refused: readonly (readonly [args: string[], message: RegExp])[] = [
    [['--store', 'fast=memory', '--blobs', 'memory'], /^--blobs and --store exclude each other$/],
    [['--default-store', 'fast'], /^--default-store needs --store$/],
    [['--store', 'fast=memory', '--default-store', 'slow'], /^--default-store must be one of the names/],
    [['--store', 'web=http'], /^--default-store must be one of the names/],
    [['--store', 'web=http', '--default-store', 'web'], /^--default-store must be a store that takes data/],
    [['--store', '../up=disk'], /^--store must have names of 1 to 64 characters/],
    [['--store', 's=s3://'], /s3:/],
  ];
  for (const [args, message] of refused)
    it(`are refused: ${args.join(' ')}`, async () => {
      await assert.rejects(
        async () => start(settings(...args), SILENT),
        (error) => error instanceof UsageError && message.test(error.message),
      );
      assert.deepEqual(await readdir(data), []);
    });
});

async function blobsIn(folder: string): Promise<string[]> {
  const entries = await readdir(path.join(folder, 'blobs'), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}
