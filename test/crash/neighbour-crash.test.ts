import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { digestOf, download, steerUpload, upload, type SteeredUpload } from '../support/life/crash-client.js';
import { CrashProcesses, type CrashProcess } from '../support/life/crash-process.js';
import type { CrashServerSettings } from '../support/life/crash-server.js';
import { folderFaults } from '../support/life/crash-soundness.js';
import { DataFolder } from '../support/life/data-folder.js';
import { until } from '../support/until.js';

const MIB = 1024 * 1024;
const HASTY = { leaseTime: 1, sweepInterval: 0.2 };

describe('an upload beside a process that is killed (crash)', function () {
  this.timeout(300_000);
  const processes = new CrashProcesses();
  const data = randomBytes(6 * MIB);
  let folder: DataFolder;

  beforeEach(async () => {
    folder = await DataFolder.make();
  });

  afterEach(async () => {
    await processes.killAll();
    await folder.remove();
  });

  const start = (): Promise<CrashProcess> =>
    processes.start('example/server.ts', ['--port', '0', '--data', folder.path]);
  const startHasty = (settings: Partial<CrashServerSettings> = {}): Promise<CrashProcess> =>
    processes.start('test/support/life/crash-server.ts', [
      JSON.stringify({ data: folder.path, ...HASTY, ...settings }),
    ]);

  /** Begins an upload and sends half of it. */
  async function halfUpload(url: string): Promise<SteeredUpload> {
    const steered = steerUpload({ url });
    await steered.send(data.subarray(0, 3 * MIB));
    await until('data is staged', async () => (await folder.staged()).some(({ size }) => size >= MIB));
    return steered;
  }

  async function finishUpload({ send, end, status }: SteeredUpload): Promise<number | null> {
    await send(data.subarray(3 * MIB));
    end();
    return status;
  }

  async function statusOf(id: string): Promise<string | undefined> {
    return (await folder.image(id))?.status;
  }

  it('is not disturbed, however often the other one is killed and starts again', async () => {
    const living = await start();
    const ours = await halfUpload(living.url);
    for (let round = 1; round <= 3; round += 1) {
      const other = await start();
      const theirs = steerUpload({ url: other.url });
      await until('both are staged', async () => (await folder.staged()).length === 2);
      await other.kill();
      assert.equal(await theirs.status, null);
      const next = await start();
      await until('the other upload is killed', async () => (await statusOf(theirs.id)) === 'killed');
      await until('its process is forgotten', async () => (await folder.processes()).length === 1);
      assert.deepEqual(await folderFaults(folder, [ours.id]), []);
      await next.kill();
    }
    assert.equal(await finishUpload(ours), 201);
    assert.deepEqual(await download(living.url, ours.id), digestOf(data));
    assert.deepEqual(await folderFaults(folder), []);
  });

  it('goes on beside a hasty sweeper for much longer than the lease time', async () => {
    const sweeper = await startHasty();
    const living = await startHasty();
    const begun = performance.now();
    const ours = await halfUpload(living.url);
    // Renewed four times in a lease time: 12 renewals are three of them.
    await until('it is alive', async () => ((await folder.processes())[0]?.counter ?? 0) >= 12);
    assert.ok(performance.now() - begun > 2.5 * HASTY.leaseTime * 1000, 'renewed too often');
    assert.equal(await upload({ url: sweeper.url }, data), 201);
    assert.equal(await finishUpload(ours), 201);
    assert.deepEqual(await download(sweeper.url, ours.id), digestOf(data));
    await until('all is settled', () => folder.isSettled());
    assert.deepEqual(await folderFaults(folder), []);
  });

  it('succeeds though its process stood still for much longer than the lease time, on this very host', async () => {
    await startHasty();
    const still = await startHasty({ sweepInterval: 0 });
    const ours = await halfUpload(still.url);
    still.send('SIGSTOP');
    const [{ counter } = { counter: -1 }] = await folder.processes();
    await sleep(3 * HASTY.leaseTime * 1000);
    assert.deepEqual(
      (await folder.processes()).map((record) => record.counter),
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
      await folder.moveWritersElsewhere();
      if (ends) {
        void ours.send(data.subarray(3 * MIB));
        ours.end();
      }
      await until('the image is killed', async () => (await statusOf(ours.id)) === 'killed');
      await until('all is settled', () => folder.isSettled());
      assert.deepEqual(await folderFaults(folder), []);
      still.send('SIGCONT');
      assert.equal(await ours.status, 412);
      assert.equal(await statusOf(ours.id), 'killed');
      assert.deepEqual(await folderFaults(folder), []);
      await assert.rejects(download(still.url, ours.id), /gives 404/);
    });
  }
});
