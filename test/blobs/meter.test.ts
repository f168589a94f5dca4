import assert from 'node:assert/strict';
import crypto, { createHash } from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import fc from 'fast-check';
import { Meter } from '../../lib/blobs/meter.js';
import { isRegistryError } from '../../lib/errors.js';
import { readAll, sampleBytes } from '../../lib/testing/blob-store/sample-data.js';

async function meter(pieces: Iterable<Buffer>, limit?: number): Promise<{ meter: Meter; passed: Buffer }> {
  const meter = limit === undefined ? new Meter() : new Meter({ limit });
  const [passed] = await Promise.all([
    readAll(meter),
    pipeline(Readable.from(pieces, { objectMode: false }), meter),
  ]);
  return { meter, passed };
}

const tooLarge = (error: unknown): boolean => isRegistryError(error, 'too_large');

describe('Meter', () => {
  it('measures the same however the bytes are cut, and passes them on', () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 30 }), async (arrays) => {
        const pieces = arrays.map((array) => Buffer.from(array));
        const bytes = Buffer.concat(pieces);
        const { meter: done, passed } = await meter(pieces, bytes.length);
        assert.ok(passed.equals(bytes));
        assert.deepEqual(done.result(), {
          size: bytes.length,
          md5: createHash('md5').update(bytes).digest('hex'),
          hash: createHash('sha512').update(bytes).digest('hex'),
        });
      }),
    ));

  it('does not copy', async () => {
    const piece = sampleBytes(1000);
    const seen: unknown[] = [];
    const done = new Meter();
    done.on('data', (chunk: Buffer) => seen.push(chunk.buffer));
    await pipeline(Readable.from([piece], { objectMode: false }), done);
    assert.equal(seen[0], piece.buffer);
  });

  it('takes what is exactly at the limit, and not a byte more', async () => {
    const bytes = sampleBytes(5000);
    assert.equal((await meter([bytes], 5000)).meter.result().size, 5000);
    await assert.rejects(meter([bytes, Buffer.alloc(1)], 5000), tooLarge);
    await assert.rejects(meter([bytes], 4999), tooLarge);
    await assert.rejects(meter([Buffer.alloc(1)], 0), tooLarge);
    assert.equal((await meter([], 0)).meter.result().size, 0);
  });

  it('takes no more than was announced, though the limit is far away', async () => {
    const done = new Meter({ limit: 1000, announced: 10 });
    let passed = 0;
    done.on('data', (chunk: Buffer) => (passed += chunk.length));
    const pieces = [Buffer.alloc(10), Buffer.alloc(1)];
    await assert.rejects(pipeline(Readable.from(pieces, { objectMode: false }), done), (error) =>
      isRegistryError(error, 'bad_request'),
    );
    assert.equal(passed, 10);
    assert.equal((await meter([Buffer.alloc(10)], 10)).meter.result().size, 10);
  });

  it('lets nothing past the limit through', async () => {
    const done = new Meter({ limit: 10 });
    let passed = 0;
    done.on('data', (chunk: Buffer) => (passed += chunk.length));
    const pieces = [Buffer.alloc(7), Buffer.alloc(7), Buffer.alloc(7)];
    await assert.rejects(pipeline(Readable.from(pieces, { objectMode: false }), done), tooLarge);
    assert.equal(passed, 7);
  });

  it('has no result before the end', () => {
    assert.throws(() => new Meter().result(), /has not ended/);
  });

  it('goes without md5 where there is none', async () => {
    const original = crypto.createHash;
    crypto.createHash = (name: string) => {
      if (name === 'md5') throw new Error('digital envelope routines::unsupported');
      return original(name);
    };
    syncBuiltinESMExports();
    try {
      const { meter: done } = await meter([Buffer.from('abc')]);
      assert.equal(done.result().md5, null);
      assert.equal(done.result().hash, original('sha512').update('abc').digest('hex'));
    } finally {
      crypto.createHash = original;
      syncBuiltinESMExports();
    }
  });
});
