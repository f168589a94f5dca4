import assert from 'node:assert/strict';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import http from 'node:http';
import { Readable } from 'node:stream';
import { download } from '../support/life/crash-client.js';
import { anonymousMemory, peakMemory } from '../support/life/crash-memory.js';
import { MortalProcesses } from '../support/life/mortal-processes.js';
import { LifeStorage } from '../support/life/life-storage.js';
import { SourceHost } from '../support/servers/source-host.js';
import { until } from '../support/until.js';

const MIB = 1024 * 1024;
const MAY_GROW = 64 * MIB;
/** So that a leak of every byte would show many times over. */
const PIECE = randomBytes(MIB);

function* pieces(mebibytes: number): Generator<Buffer> {
  for (let sent = 0; sent < mebibytes; sent += 1) yield PIECE;
}

function md5Of(mebibytes: number): string {
  const md5 = createHash('md5');
  for (const piece of pieces(mebibytes)) md5.update(piece);
  return md5.digest('hex');
}

describe('the memory of a process that copies', function () {
  this.timeout(120_000);
  const processes = new MortalProcesses();
  const source = new SourceHost().hooks();
  let storage: LifeStorage;

  beforeEach(async () => {
    storage = await LifeStorage.make('LMDB and disk');
  });

  afterEach(async () => {
    await processes.killAll();
    await storage.end();
  });

  /** Has so much data at a path, made as it is sent. */
  function serve(mebibytes: number): string {
    return source.on(`/${mebibytes}`, (request, response) => {
      response.writeHead(200, { 'content-length': mebibytes * MIB });
      if (request.method === 'HEAD') response.end();
      else Readable.from(pieces(mebibytes)).pipe(response);
    });
  }

  async function ask(url: string, header: string, from: string): Promise<string> {
    const id = randomUUID();
    const headers = {
      'x-image-meta-id': id,
      'x-image-meta-disk_format': 'raw',
      'x-image-meta-container_format': 'bare',
      [header]: from,
    };
    const status = await new Promise((resolve, reject) => {
      const request = http.request(
        `${url}/v1/images`,
        { method: 'POST', headers, agent: false },
        (response) => {
          response.resume();
          resolve(response.statusCode);
        },
      );
      request.once('error', reject);
      request.end();
    });
    assert.equal(status, 201);
    return id;
  }

  it('does not grow with the size of an image that is copied, or fetched for a download', async () => {
    const { url, pid } = await processes.serve({ folder: storage.folder });
    const work = async (mebibytes: number): Promise<void> => {
      const copy = await ask(url, 'x-glance-api-copy-from', serve(mebibytes));
      await until('the copy ends', async () => {
        const status = (await storage.image(copy))?.status;
        return status === 'active' || status === 'killed';
      });
      const { status, size, checksum } = (await storage.image(copy))!;
      assert.deepEqual([status, size, checksum], ['active', mebibytes * MIB, md5Of(mebibytes)]);
      const there = await ask(url, 'x-image-meta-location', serve(mebibytes));
      assert.deepEqual(await download(url, there), { size: mebibytes * MIB, md5: md5Of(mebibytes) });
    };
    await work(16);
    const before = await anonymousMemory(pid);
    const { peak, samples } = await peakMemory(pid, () => work(256));
    assert.ok(samples >= 20, `${samples} samples prove nothing`);
    const grown = peak - before;
    assert.ok(grown < MAY_GROW, `it has grown by ${Math.round(grown / MIB)} MiB`);
  });
});
