import assert from 'node:assert/strict';
import { getEventListeners, once } from 'node:events';
import { Readable } from 'node:stream';
import { consume, endOnAbort } from '../../lib/blobs/consume.js';

describe('a signal that outlives the streams that it may end', () => {
  const { signal } = new AbortController();
  const listeners = (): number => getEventListeners(signal, 'abort').length;
  const data = (): Readable => Readable.from([Buffer.from('data')], { objectMode: false });

  it('has no listener left of what was consumed, whether that succeeded or failed', async () => {
    await consume(data(), signal, async () => {
      assert.equal(listeners(), 1);
      await Promise.resolve();
    });
    assert.equal(listeners(), 0);
    await assert.rejects(
      consume(data(), signal, () => Promise.reject(new Error('full'))),
      /full/,
    );
    assert.equal(listeners(), 0);
  });

  it('has no listener left of a stream that was read or destroyed', async () => {
    const [read, destroyed] = [endOnAbort(data(), signal), endOnAbort(data(), signal)];
    assert.equal(listeners(), 2);
    const closed = [once(read, 'close'), once(destroyed, 'close')];
    destroyed.destroy();
    assert.equal(String(Buffer.concat((await read.toArray()) as Buffer[])), 'data');
    await Promise.all(closed);
    assert.equal(listeners(), 0);
  });
});
