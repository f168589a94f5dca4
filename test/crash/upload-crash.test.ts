import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { digestOf, download, remove, steerUpload, upload } from '../support/life/crash-client.js';
import { MortalProcesses, type MortalServer } from '../support/life/mortal-processes.js';
import { surviveRounds } from '../support/life/rounds.js';
import { faultsOf } from '../support/life/soundness.js';
import { LifeStorage } from '../support/life/life-storage.js';
import { until } from '../support/until.js';

const MIB = 1024 * 1024;

describe('a server that is killed', function () {
  this.timeout(300_000);
  const processes = new MortalProcesses();
  let storage: LifeStorage;

  beforeEach(async () => {
    storage = await LifeStorage.make('LMDB and disk');
  });

  afterEach(async () => {
    await processes.killAll();
    await storage.end();
  });

  const start = (): Promise<MortalServer> => processes.example(storage.folder);

  async function startAgain(): Promise<MortalServer> {
    const server = await start();
    await until('the sweep has run', () => storage.isSettled());
    assert.deepEqual(await faultsOf(storage), []);
    return server;
  }

  it('keeps its promises, whenever that happens', () => surviveRounds(15, processes, storage));

  for (const [name, received] of [
    ['before the first byte of the data', 0],
    ['after the first byte', 1],
    ['in the middle', 3 * MIB],
    ['after the last byte and before the end', 6 * MIB],
  ] as const) {
    it(`ends the upload that it was killed in ${name}`, async () => {
      const data = randomBytes(6 * MIB);
      const killed = await start();
      const sending = steerUpload({ url: killed.url });
      await until('it is saving', async () => (await storage.image(sending.id))?.status === 'saving');
      await until('data is staged', async () => (await storage.staged()).length === 1);
      if (received > 0) await sending.send(data.subarray(0, received));
      // The disk store gathers a MiB, and what comes with it, before it writes.
      const written = received - 1.25 * MIB;
      await until('it has come', async () => (await storage.staged()).some(({ size }) => size >= written));
      await killed.kill();
      assert.equal(await sending.status, null);
      assert.equal((await storage.image(sending.id))?.status, 'saving');
      const server = await startAgain();
      assert.equal((await storage.image(sending.id))?.status, 'killed');
      await assert.rejects(download(server.url, sending.id), /gives 404/);
    });
  }

  it('keeps an image whose upload it has answered', async () => {
    const data = randomBytes(2 * MIB);
    const killed = await start();
    const sending = steerUpload({ url: killed.url });
    await sending.send(data);
    sending.end();
    assert.equal(await sending.status, 201);
    await killed.kill();
    const server = await startAgain();
    assert.deepEqual(await download(server.url, sending.id), digestOf(data));
  });

  it('leaves no data of images whose deletion it has answered', async () => {
    const killed = await start();
    const ids = ['1', '2', '3', '4'].map((digit) => `00000000-0000-4000-8000-00000000000${digit}`);
    for (const id of ids) {
      assert.equal(await upload({ url: killed.url, id }, randomBytes(MIB)), 201);
    }
    assert.equal((await storage.stored()).length, ids.length);
    assert.deepEqual(await Promise.all(ids.map((id) => remove(killed.url, id))), [200, 200, 200, 200]);
    await killed.kill();
    await startAgain();
    assert.deepEqual(await storage.stored(), []);
    assert.deepEqual(
      (await storage.images()).map(({ status }) => status),
      ['deleted', 'deleted', 'deleted', 'deleted'],
    );
  });
});
