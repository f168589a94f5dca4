import assert from 'node:assert/strict';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { download, streamUpload, type Digest } from '../support/life/crash-client.js';
import { peakMemory, anonymousMemory } from '../support/life/crash-memory.js';
import { MortalProcesses, type MortalServer } from '../support/life/mortal-processes.js';
import { LifeStorage } from '../support/life/life-storage.js';
import { startRedis, type TestRedis } from '../support/servers/redis.js';

const MIB = 1024 * 1024;
const WARM_UP = 16;
const MAY_GROW = 64 * MIB;
/** So that a leak of every byte would show many times over. */
const PIECE = randomBytes(MIB);

function* pieces(mebibytes: number): Generator<Buffer> {
  for (let sent = 0; sent < mebibytes; sent += 1) yield PIECE;
}

function digestOfPieces(mebibytes: number): Digest {
  const md5 = createHash('md5');
  for (const piece of pieces(mebibytes)) md5.update(piece);
  return { size: mebibytes * MIB, md5: md5.digest('hex') };
}

describe('the memory of a server process', function () {
  this.timeout(300_000);
  const processes = new MortalProcesses();
  let storage: LifeStorage;
  let redis: TestRedis;

  before(async () => {
    redis = await startRedis({ args: ['--appendonly', 'no'] });
  });

  after(async () => {
    await redis.stop();
  });

  beforeEach(async () => {
    storage = await LifeStorage.make('LMDB and disk');
  });

  afterEach(async () => {
    await processes.killAll();
    await storage.end();
  });

  const start = (...args: string[]): Promise<MortalServer> => processes.example(storage.folder, ...args);

  async function upAndDown(url: string, mebibytes: number): Promise<void> {
    const id = randomUUID();
    assert.equal(await streamUpload(url, id, pieces(mebibytes)), 201);
    assert.deepEqual(await download(url, id), digestOfPieces(mebibytes));
  }

  async function assertFlat({ url, pid }: MortalServer, mebibytes: number): Promise<void> {
    await upAndDown(url, WARM_UP);
    const before = await anonymousMemory(pid);
    const { peak, samples } = await peakMemory(pid, () => upAndDown(url, mebibytes));
    assert.ok(samples >= 20, `${samples} samples prove nothing`);
    const grown = peak - before;
    assert.ok(grown < MAY_GROW, `it has grown by ${Math.round(grown / MIB)} MiB for ${mebibytes} MiB`);
  }

  it('does not grow with the size of an image on disk', async () => {
    await assertFlat(await start(), 512);
  });

  it('does not grow with the size of an image in Redis', async () => {
    await assertFlat(await start('--blobs', redis.url), 128);
  });
});
