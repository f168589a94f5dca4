import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import type { BlobStore } from '../../lib/blobs/blob-store.js';
import { s3Store } from '../../lib/blobs/s3/s3-store.js';
import { CatalogueSpace } from '../../lib/catalogue/catalogue-space.js';
import { ImageCatalogue } from '../../lib/catalogue/image-catalogue.js';
import type { Image } from '../../lib/domain/image.js';
import { isRegistryError } from '../../lib/errors.js';
import { inPieces, sampleBytes } from '../../lib/testing/blob-store/sample-data.js';
import { few } from '../support/few.js';
import type { S3CrashSettings } from '../support/life/s3-crash-child.js';
import { s3Metadata, s3Registry } from '../support/life/s3-registry.js';
import { RecordingLog } from '../support/recording-log.js';
import { fauxqs, FAUXQS_OPTIONS, FAUXQS_PART, type Fauxqs } from '../support/servers/fauxqs.js';
import type { S3Fault, S3Operation, S3Proxy, S3Request } from '../support/servers/s3-proxy.js';
import { until } from '../support/until.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const THREE_PARTS = 2 * FAUXQS_PART + 1;

/** When a process dies: before S3 has the nth request of its kind, while that comes in, or when S3 has done it and the process does not know. */
interface Point {
  readonly moment: 'before' | 'during' | 'after';
  readonly operation: S3Operation;
  readonly nth: number;
  /** What becomes of the image. */
  readonly status: Image['status'];
}

const POINTS: readonly Point[] = [
  { moment: 'after', operation: 'BeginUpload', nth: 1, status: 'killed' },
  { moment: 'during', operation: 'UploadPart', nth: 2, status: 'killed' },
  { moment: 'before', operation: 'CompleteUpload', nth: 1, status: 'killed' },
  { moment: 'after', operation: 'CompleteUpload', nth: 1, status: 'killed' },
  { moment: 'before', operation: 'DeleteObject', nth: 1, status: 'deleted' },
  { moment: 'after', operation: 'DeleteObject', nth: 1, status: 'deleted' },
];

describe('an upload to S3 that dies', function () {
  this.timeout(120_000);
  let server: Fauxqs;
  let client: S3Client;

  before(async () => {
    server = await fauxqs();
    client = new S3Client({ ...FAUXQS_OPTIONS, endpoint: server.proxy.url, forcePathStyle: true });
  });

  after(async () => {
    client.destroy();
    await server.stop();
  });

  /** Keys of all objects but a mark, and of all uploads that go on. */
  async function left(bucket: string): Promise<string[]> {
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket }));
    const objects = Contents.map(({ Key = '' }) => Key).filter((key) => !key.endsWith('registry-mark'));
    return [...objects, ...server.uploads(bucket).map((key) => `upload of ${key}`)];
  }

  /** What the next process makes of what is there. */
  async function recovered(settings: S3CrashSettings): Promise<Image['status'] | undefined> {
    const space = s3Metadata(settings);
    const registry = s3Registry(settings, space);
    const catalogue = new ImageCatalogue(new CatalogueSpace(space));
    let image: Image | undefined;
    try {
      await until('all is settled and scrubbed', async () => {
        await registry.sweep();
        image = (await catalogue.get(settings.id))?.image;
        return image?.blobs.length === 0 && image.status !== 'saving';
      });
      const report = await registry.verify();
      assert.ok(report.ok, JSON.stringify(report));
    } finally {
      await registry.close();
    }
    return image?.status;
  }

  it('with its process, killed at any step, or while it is deleted, leaves nothing half done', async () => {
    const deaths = new Map<string, Death>();
    server.proxy.fault = (request) => deathOf(request, deaths)?.asked(request) ?? null;
    const answered = server.proxy.answered;
    server.proxy.answered = async (request, status, text) => {
      await answered(request, status, text);
      await deathOf(request, deaths)?.answered(request);
    };
    await few(POINTS, 3, async (point) => {
      const folder = await mkdtemp(join(tmpdir(), 's3-crash-'));
      const bucket = await server.bucket();
      const endpoint = server.proxy.url;
      const settings: S3CrashSettings = { folder, bucket, endpoint, size: THREE_PARTS, id: randomUUID() };
      const name = `${point.moment} ${point.operation} ${point.nth}`;
      const death = new Death(settings, point);
      deaths.set(bucket, death);
      assert.equal(await death.ended, 'SIGKILL', name);
      deaths.delete(bucket);
      assert.equal(await recovered(settings), point.status, name);
      assert.deepEqual(await left(bucket), [], name);
      await rm(folder, { recursive: true });
    });
    server.proxy.answered = answered;
  });

  for (const [title, size, landmark] of [
    ['in one request', 100_000, 'PutObject'],
    ['in three parts', THREE_PARTS, 'CompleteUpload'],
  ] as const)
    it(`with its store, ${title}, at any step leaves what discard removes`, async () => {
      const bucket = await server.bucket();
      const open = async (): Promise<BlobStore> => {
        const clientOptions = { ...FAUXQS_OPTIONS, endpoint: server.proxy.url, maxAttempts: 1 };
        const store = s3Store({ bucket, partSize: FAUXQS_PART, clientOptions, logger: new RecordingLog() });
        await store.open?.();
        return store;
      };
      const [mortal, next] = [await open(), await open()];
      const bytes = sampleBytes(size);
      let steps = 0;
      for (let step = 1; steps === 0; step += 1)
        for (const moment of ['before', 'after'] as const) {
          const key = randomUUID();
          const dies = dyingAt(server.proxy, step, moment);
          const [written] = await Promise.allSettled([mortal.write(key, inPieces(bytes, 100_000))]);
          server.proxy.fault = () => null;
          if (written.status === 'fulfilled') {
            steps = step - 1;
            assert.ok(server.proxy.log.includes(landmark), server.proxy.log.join(' '));
            await next.remove(written.value.location);
          } else {
            assert.ok(dies());
            await next.discard(key);
          }
          await assert.rejects(next.stat(key), (error) => isRegistryError(error, 'blob_not_found'));
          assert.deepEqual(
            await left(bucket),
            [],
            `${moment} request ${step}: ${server.proxy.log.join(' ')}`,
          );
        }
      assert.ok(steps >= (landmark === 'PutObject' ? 1 : 5), `${steps} steps`);
      await mortal.close?.();
      await next.close?.();
    });
});

/** A process that uploads an image and deletes it, and is killed at a point of it. */
class Death {
  /** The signal that ended it, or `exit`, its code and what it has said. */
  readonly ended: Promise<string>;
  readonly #point: Point;
  readonly #kill: () => Promise<unknown>;
  #count = 0;
  #fatal: S3Request | null = null;

  constructor(settings: S3CrashSettings, point: Point) {
    this.#point = point;
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', 'test/support/life/s3-crash-child.ts', JSON.stringify(settings)],
      { cwd: ROOT, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const closed = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
    this.ended = closed.then(([code, signal]) => signal ?? `exit ${code ?? ''} ${stderr}`);
    this.#kill = () => {
      child.kill('SIGKILL');
      return closed;
    };
  }

  asked(request: S3Request): S3Fault | null {
    if (request.operation !== this.#point.operation) return null;
    this.#count += 1;
    if (this.#count !== this.#point.nth) return null;
    this.#fatal = request;
    switch (this.#point.moment) {
      case 'before':
        return { until: this.#kill().then(() => Promise.reject(new Error('killed'))) };
      case 'during':
        return { during: () => void this.#kill() };
      case 'after':
        return null;
    }
  }

  async answered(request: S3Request): Promise<void> {
    if (request === this.#fatal && this.#point.moment === 'after') await this.#kill();
  }
}

function deathOf({ path }: S3Request, deaths: ReadonlyMap<string, Death>): Death | undefined {
  return deaths.get(path.split('/')[1] ?? '');
}

/**
 * From request number `step` on nothing of a store comes through, be it cleaning up: as if its process were not there any more.
 * @returns whether that has happened
 */
function dyingAt(proxy: S3Proxy, step: number, moment: 'before' | 'after'): () => boolean {
  proxy.log.length = 0;
  let dead = false;
  proxy.fault = () => {
    if (dead) return { cutRequest: 0 };
    dead = proxy.log.length === step;
    if (!dead) return null;
    return moment === 'before' ? { cutRequest: 0 } : 'lost answer';
  };
  return () => dead;
}
