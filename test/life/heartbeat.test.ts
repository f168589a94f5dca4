import assert from 'node:assert/strict';
import type { Writer } from '../../lib/services/heartbeat.js';
import { CrashParts } from '../support/life/crash-parts.js';
import { sampleBlob, sampleId, sampleImage } from '../support/mounts/sample-images.js';
import { until } from '../support/until.js';

/** Somebody who is about to write. */
function writer(): Writer {
  return { image: sampleId(1), entry: null, isEntered: false, abort: () => assert.fail('aborted') };
}

describe('the heartbeat of a registry', () => {
  it('stands in the key space as long as somebody writes, however many do', async () => {
    // Beats each millisecond.
    const { parts } = await CrashParts.make(4);
    const { heartbeat, processes } = parts;
    const entered = async (): Promise<string[]> => (await processes.list()).map(({ id }) => id);
    const [last, ...others] = [writer(), writer(), writer()] as const;
    await Promise.all([last, ...others].map((one) => heartbeat.enter(one)));
    assert.deepEqual(await entered(), [heartbeat.id]);
    for (const one of others) heartbeat.leave(one);
    await until('it has beaten', async () => ((await processes.list())[0]?.counter ?? 0) > 3);
    heartbeat.leave(last);
    await until('it is gone', async () => (await entered()).length === 0);
    await heartbeat.enter(last);
    assert.deepEqual(await entered(), [heartbeat.id]);
    heartbeat.leave(last);
    await heartbeat.close();
    assert.deepEqual(await entered(), []);
  });

  it('reads all images that are written to by one call, and tells the writers of those that are lost', async () => {
    const { parts, space } = await CrashParts.make(40);
    const lost: string[] = [];
    const writers = [1, 2, 3].map((n): Writer => {
      const entry = `blob-${n}`;
      return {
        image: sampleId(n),
        entry,
        isEntered: n !== 3,
        abort: ({ code }) => lost.push(`${n} ${code}`),
      };
    });
    const written = { id: 'blob-1', state: 'writing', process: parts.heartbeat.id } as const;
    await parts.catalogue.create(sampleImage(1, { blobs: [sampleBlob(1, written)] }));
    const keys: number[] = [];
    const inner = space.get.bind(space);
    space.get = (wanted, ...more) => {
      keys.push(wanted.length);
      return inner(wanted, ...more);
    };
    for (const one of writers) await parts.heartbeat.enter(one);
    // That of entering.
    assert.deepEqual(keys.splice(0), [1]);
    await until('it has beaten', () => lost.length > 0);
    // The record of the registry, then the images of the two writers whose entries are known to stand there.
    assert.deepEqual(keys.slice(0, 2), [1, 2]);
    assert.equal(lost[0], '2 deleted_meanwhile');
    for (const one of writers) parts.heartbeat.leave(one);
    await parts.heartbeat.close();
  });

  it('beats once at a time in a slow key space', async () => {
    const { parts, space } = await CrashParts.make(4);
    const { heartbeat } = parts;
    await heartbeat.enter(writer());
    let waiting = 0;
    let go = (): void => assert.fail('not set');
    space.before = (call) => {
      if (call !== 'commit') return;
      waiting += 1;
      return new Promise((resolve) => (go = resolve));
    };
    await until('a beat waits', () => waiting > 0);
    let ticks = 0;
    const timer = setInterval(() => (ticks += 1), 1);
    await until('more of them are due', () => ticks > 30);
    clearInterval(timer);
    assert.equal(waiting, 1);
    const closed = heartbeat.close();
    space.before = () => undefined;
    go();
    await closed;
  });

  it('beats four times in a lease time', async () => {
    const waits: unknown[] = [];
    const { setInterval: inner } = globalThis;
    const noted: typeof inner = Object.assign((...args: Parameters<typeof inner>) => {
      waits.push(args[1]);
      return inner(...args);
    }, inner);
    const { parts } = await CrashParts.make(40_000);
    const one = writer();
    globalThis.setInterval = noted;
    try {
      await parts.heartbeat.enter(one);
    } finally {
      globalThis.setInterval = inner;
    }
    assert.deepEqual(waits, [10_000]);
    parts.heartbeat.leave(one);
    await parts.heartbeat.close();
  });

  it('is entered again when somebody took it for dead', async () => {
    const { parts } = await CrashParts.make(4);
    const { heartbeat, processes } = parts;
    const one = writer();
    await heartbeat.enter(one);
    await processes.remove(heartbeat.id);
    await until('it is back', async () => (await processes.list()).length === 1);
    heartbeat.leave(one);
    await heartbeat.close();
  });
});
