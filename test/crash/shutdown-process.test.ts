import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import http from 'node:http';
import { digestOf, download, steerUpload, upload } from '../support/life/crash-client.js';
import { MortalProcesses, type MortalServer } from '../support/life/mortal-processes.js';
import { faultsOf } from '../support/life/soundness.js';
import { LifeStorage } from '../support/life/life-storage.js';
import { until } from '../support/until.js';

const MIB = 1024 * 1024;

describe('a server that is told to stop during a transfer', function () {
  this.timeout(120_000);
  const processes = new MortalProcesses();
  let storage: LifeStorage;

  beforeEach(async () => {
    storage = await LifeStorage.make('LMDB and disk');
  });

  afterEach(async () => {
    await processes.killAll();
    await storage.end();
  });

  const start = (seconds: number): Promise<MortalServer> =>
    processes.example(storage.folder, '--shutdown-timeout', String(seconds));

  it('lets it end when that is soon', async () => {
    const data = randomBytes(4 * MIB);
    const server = await start(60);
    const sending = steerUpload({ url: server.url });
    await sending.send(data.subarray(0, 2 * MIB));
    await until('data is staged', async () => (await storage.staged()).some(({ size }) => size > 0));
    server.send('SIGTERM');
    await sending.send(data.subarray(2 * MIB));
    sending.end();
    assert.equal(await sending.status, 201);
    assert.deepEqual((await server.ended).code, 0);
    assert.deepEqual(await faultsOf(storage), []);
    const again = await start(60);
    assert.deepEqual(await download(again.url, sending.id), digestOf(data));
  });

  it('leaves nothing half done of an upload that is not over at the deadline', async () => {
    const server = await start(6);
    const sending = steerUpload({ url: server.url });
    await sending.send(randomBytes(2 * MIB));
    await until('data is staged', async () => (await storage.staged()).some(({ size }) => size > 0));
    server.send('SIGTERM');
    assert.equal(await sending.status, null);
    assert.equal((await server.ended).code, 0);
    assert.equal((await storage.image(sending.id))?.status, 'killed');
    assert.deepEqual(await faultsOf(storage), []);
  });

  it('breaks off a download that is not over at the deadline', async () => {
    const id = '00000000-0000-4000-8000-000000000001';
    const server = await start(6);
    const size = 64 * MIB;
    assert.equal(await upload({ url: server.url, id }, randomBytes(size), MIB), 201);
    const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
      http.get(`${server.url}/v1/images/${id}`, { agent: false }, resolve).once('error', reject);
    });
    server.send('SIGTERM');
    assert.equal((await server.ended).code, 0);
    const read = async (): Promise<void> => {
      let left = size;
      for await (const chunk of response as AsyncIterable<Buffer>) left -= chunk.length;
      assert.fail(`${left} bytes are missing and the download looks whole`);
    };
    await assert.rejects(read(), { code: 'ECONNRESET' });
    assert.deepEqual(await faultsOf(storage), []);
  });
});
