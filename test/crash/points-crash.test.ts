import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { createImageRegistry, diskStore, none } from '../../lib/index.js';
import type { KeySpace } from '../../lib/index.js';
import { digestOf, remove, steerUpload, upload } from '../support/life/crash-client.js';
import { CrashProcesses, type CrashProcess } from '../support/life/crash-process.js';
import type { CrashServerSettings, DiePoint } from '../support/life/crash-server.js';
import { folderFaults } from '../support/life/crash-soundness.js';
import { DataFolder, dataFolderPaths } from '../support/life/data-folder.js';
import { until } from '../support/until.js';

const MIB = 1024 * 1024;
const DATA = randomBytes(2 * MIB);
const MOMENTS = ['before', 'after'] as const;
const STATES = { none: undefined, queued: 'queued', killed: 'killed', active: 'active', deleted: 'deleted' };

type Row = readonly [call: DiePoint['call'], nth: number, what: string, ...then: (keyof typeof STATES)[]];

/** Each step of an upload, and what its image is in the end when the process dies before and after it. */
const UPLOAD: readonly Row[] = [
  ['commit', 1, 'the record of the registry', 'none', 'none'],
  ['commit', 2, 'the record', 'none', 'killed'],
  ['write', 1, 'the blob', 'killed', 'killed'],
  ['commit', 3, 'the activation', 'killed', 'active'],
];
const DELETION: readonly Row[] = [
  ['commit', 1, 'the record', 'active', 'deleted'],
  ['remove', 1, 'the removal of the blob', 'deleted', 'deleted'],
  ['commit', 2, 'the end of the scrubbing', 'deleted', 'deleted'],
];
/** Each step of a sweep over one dead upload. */
const SWEEP: readonly Row[] = [
  ['commit', 1, 'the killing', 'killed', 'killed'],
  ['discard', 1, 'the removal of the data', 'killed', 'killed'],
  ['commit', 2, 'the end of the blob', 'killed', 'killed'],
  ['commit', 3, 'the end of the record of the registry', 'killed', 'killed'],
];

describe('a process that dies at a step (crash points)', function () {
  this.timeout(120_000);
  const processes = new CrashProcesses();
  let folder: DataFolder;

  beforeEach(async () => {
    folder = await DataFolder.make();
  });

  afterEach(async () => {
    await processes.killAll();
    await folder.remove();
  });

  const start = (settings: Omit<CrashServerSettings, 'data'> = {}): Promise<CrashProcess> =>
    processes.start('test/support/life/crash-server.ts', [
      JSON.stringify({ data: folder.path, ...settings }),
    ]);

  /** Another process, this one, cleans up. */
  async function recover(): Promise<void> {
    const registry = createImageRegistry({
      authenticate: none(),
      metadata: unclosed(folder.space),
      blobs: diskStore({ path: dataFolderPaths(folder.path).blobs }),
      sweepInterval: 0,
    });
    await registry.sweep();
    await registry.close();
    assert.deepEqual(await folderFaults(folder), []);
  }

  async function assertStatus(id: string, state: keyof typeof STATES): Promise<void> {
    const image = await folder.image(id);
    assert.equal(image?.status, STATES[state]);
    if (state !== 'active') return;
    const { size, md5 } = digestOf(DATA);
    assert.deepEqual([image?.size, image?.checksum], [size, md5]);
  }

  function eachPoint(rows: readonly Row[], run: (dieAt: DiePoint) => Promise<string>): void {
    for (const [call, nth, what, ...then] of rows) {
      for (const [index, moment] of MOMENTS.entries()) {
        it(`${moment} ${what}: ${then[index] ?? ''}`, async () => {
          const id = await run({ call, nth, moment });
          await recover();
          await assertStatus(id, then[index] ?? 'none');
        });
      }
    }
  }

  describe('of an upload leaves an image', () => {
    eachPoint(UPLOAD, async (dieAt) => {
      const id = randomUUID();
      // The first start of all commits more.
      await recover();
      const server = await start({ sweepInterval: 0, dieAt });
      assert.equal(await upload({ url: server.url, id }, DATA), null);
      assert.equal((await server.ended).signal, 'SIGKILL');
      return id;
    });
  });

  describe('of a deletion leaves an image', () => {
    eachPoint(DELETION, async (dieAt) => {
      const id = randomUUID();
      const first = await start({ sweepInterval: 0 });
      assert.equal(await upload({ url: first.url, id }, DATA), 201);
      await first.kill();
      const server = await start({ sweepInterval: 0, dieAt });
      assert.equal(await remove(server.url, id), null);
      assert.equal((await server.ended).signal, 'SIGKILL');
      return id;
    });
  });

  describe('of a sweep leaves an image', () => {
    eachPoint(SWEEP, async (dieAt) => {
      const first = await start({ sweepInterval: 0 });
      const { id, send, status } = steerUpload({ url: first.url });
      await send(DATA);
      await until('data is staged', async () => (await folder.staged()).some(({ size }) => size >= MIB));
      await first.kill();
      assert.equal(await status, null);
      // It may die before it listens.
      const server = start({ sweepInterval: 60, dieAt });
      const end = await server.then(
        ({ ended }) => ended.then(({ signal }) => String(signal)),
        (error: unknown) => String(error),
      );
      assert.match(end, /SIGKILL/);
      return id;
    });
  });
});

/** The same key space, which the registry that uses it leaves open. */
function unclosed(space: KeySpace): KeySpace {
  return {
    open: () => space.open(),
    get: (...asked) => space.get(...asked),
    scanMany: (...asked) => space.scanMany(...asked),
    commit: (change) => space.commit(change),
    close: () => Promise.resolve(),
  };
}
