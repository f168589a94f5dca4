import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { digestOf, download, steerUpload, upload, type SteeredUpload } from '../support/life/crash-client.js';
import { MortalProcesses, type MortalServer } from '../support/life/mortal-processes.js';
import type { ImageRegistryOptions } from '../../lib/index.js';
import { faultsOf } from '../support/life/soundness.js';
import { LifeStorage } from '../support/life/life-storage.js';
import { until } from '../support/until.js';

const MIB = 1024 * 1024;
const HASTY = { leaseTime: 1, sweepInterval: 0.2 };

describe('an upload beside a process that is killed (crash)', function () {
  this.timeout(300_000);
  const processes = new MortalProcesses();
  const data = randomBytes(6 * MIB);
  let storage: LifeStorage;

  beforeEach(async () => {
    storage = await LifeStorage.make('LMDB and disk');
  });

  afterEach(async () => {
    await processes.killAll();
    await storage.end();
  });

  const start = (): Promise<MortalServer> => processes.example(storage.folder);
  const startHasty = (options: Partial<ImageRegistryOptions> = {}): Promise<MortalServer> =>
    processes.serve({ folder: storage.folder, options: { ...HASTY, ...options } });

  /** Begins an upload and sends half of it. */
  async function halfUpload(url: string): Promise<SteeredUpload> {
    const steered = steerUpload({ url });
    await steered.send(data.subarray(0, 3 * MIB));
    await until('data is staged', async () => (await storage.staged()).some(({ size }) => size >= MIB));
    return steered;
  }

  async function finishUpload({ send, end, status }: SteeredUpload): Promise<number | null> {
    await send(data.subarray(3 * MIB));
    end();
    return status;
  }

  async function statusOf(id: string): Promise<string | undefined> {
    return (await storage.image(id))?.status;
  }

  it('is not disturbed, however often the other one is killed and starts again', async () => {
    const living = await start();
    const ours = await halfUpload(living.url);
    for (let round = 1; round <= 3; round += 1) {
      const other = await start();
      const theirs = steerUpload({ url: other.url });
      await until('both are staged', async () => (await storage.staged()).length === 2);
      await other.kill();
      assert.equal(await theirs.status, null);
      const next = await start();
      await until('the other upload is killed', async () => (await statusOf(theirs.id)) === 'killed');
      await until('its process is forgotten', async () => (await storage.processes()).length === 1);
      assert.deepEqual(await faultsOf(storage, { others: [ours.id] }), []);
      await next.kill();
    }
    assert.equal(await finishUpload(ours), 201);
    assert.deepEqual(await download(living.url, ours.id), digestOf(data));
    assert.deepEqual(await faultsOf(storage), []);
  });

  it('goes on beside a hasty sweeper for much longer than the lease time', async () => {
    const sweeper = await startHasty();
    const living = await startHasty();
    const begun = performance.now();
    const ours = await halfUpload(living.url);
    // Renewed four times in a lease time: 12 renewals are three of them.
    await until('it is alive', async () => ((await storage.processes())[0]?.counter ?? 0) >= 12);
    assert.ok(performance.now() - begun > 2.5 * HASTY.leaseTime * 1000, 'renewed too often');
    assert.equal(await upload({ url: sweeper.url }, data), 201);
    assert.equal(await finishUpload(ours), 201);
    assert.deepEqual(await download(sweeper.url, ours.id), digestOf(data));
    await until('all is settled', () => storage.isSettled());
    assert.deepEqual(await faultsOf(storage), []);
  });

  it('succeeds though its process stood still for much longer than the lease time, on this very host', async () => {
    await startHasty();
    const still = await startHasty({ sweepInterval: 0 });
    const ours = await halfUpload(still.url);
    still.send('SIGSTOP');
    const [{ counter } = { counter: -1 }] = await storage.processes();
    await sleep(3 * HASTY.leaseTime * 1000);
    assert.deepEqual(
      (await storage.processes()).map((record) => record.counter),
      [counter],
    );
    assert.equal(await statusOf(ours.id), 'saving');
    still.send('SIGCONT');
    assert.equal(await finishUpload(ours), 201);
    assert.deepEqual(await download(still.url, ours.id), digestOf(data));
  });

  for (const [name, ends] of [
    ['while its client is still sending', false],
    ['though its client has sent all of it', true],
  ] as const) {
    it(`is taken from a process that stands still, and fails with 412 when that goes on ${name}`, async () => {
      await startHasty();
      const still = await startHasty({ sweepInterval: 0 });
      const ours = await halfUpload(still.url);
      still.send('SIGSTOP');
      await storage.moveWritersElsewhere();
      if (ends) {
        void ours.send(data.subarray(3 * MIB));
        ours.end();
      }
      await until('the image is killed', async () => (await statusOf(ours.id)) === 'killed');
      await until('all is settled', () => storage.isSettled());
      assert.deepEqual(await faultsOf(storage), []);
      still.send('SIGCONT');
      assert.equal(await ours.status, 412);
      assert.equal(await statusOf(ours.id), 'killed');
      assert.deepEqual(await faultsOf(storage), []);
      await assert.rejects(download(still.url, ours.id), /gives 404/);
    });
  }
});
