import assert from 'node:assert/strict';
import { mock } from 'node:test';
import Keyv from 'keyv';
import {
  callerOf,
  createImageRegistry,
  memoryStore,
  none,
  type ImageRegistry,
  type ImageRegistryOptions,
} from '../../lib/index.js';
import { RecordingLog } from '../support/recording-log.js';

const ADMIN = callerOf({ user: 'root', project: 'ops', roles: ['admin'] });
const FORMATS = { disk_format: 'raw', container_format: 'bare' };
const SECOND = 1000;
const DAY = 24 * 3600 * SECOND;

describe('the units of options', () => {
  let registry: ImageRegistry;
  const logger = new RecordingLog();

  /** Only the time of the system is another one; timers run as ever. */
  const start = async (options: Partial<ImageRegistryOptions>): Promise<void> => {
    mock.timers.enable({ apis: ['Date'], now: Date.UTC(2024, 0, 1) });
    registry = createImageRegistry({
      authenticate: none(),
      metadata: new Keyv(),
      blobs: memoryStore(),
      sweepInterval: 0,
      logger,
      ...options,
    });
    await registry.ready();
  };
  const pass = (milliseconds: number): void => mock.timers.setTime(Date.now() + milliseconds);
  const make = async (): Promise<string> =>
    (await registry.images.create(ADMIN, FORMATS, { data: Buffer.from('data') })).id;

  afterEach(async () => {
    await registry.close();
    mock.timers.reset();
  });

  it('keepDeletedDays: days', async () => {
    await start({ keepDeletedDays: 2 });
    await registry.images.remove(ADMIN, await make());
    pass(2 * DAY - 60 * SECOND);
    assert.equal((await registry.sweep()).buried, 0);
    pass(120 * SECOND);
    assert.equal((await registry.sweep()).buried, 1);
  });

  it('scrubTime: seconds', async () => {
    await start({ delayedDelete: true, scrubTime: 100 });
    await registry.images.remove(ADMIN, await make());
    pass(99 * SECOND);
    assert.equal((await registry.sweep()).scrubbed, 0);
    pass(2 * SECOND);
    assert.equal((await registry.sweep()).scrubbed, 1);
  });

  it('stagingTime: seconds', async () => {
    await start({ stagingTime: 100 });
    const { id } = await registry.images.create(ADMIN, FORMATS);
    await registry.images.stage(ADMIN, id, { data: Buffer.from('data') });
    pass(99 * SECOND);
    await registry.sweep();
    assert.equal((await registry.images.show(ADMIN, id)).status, 'uploading');
    pass(2 * SECOND);
    await registry.sweep();
    assert.equal((await registry.images.show(ADMIN, id)).status, 'queued');
  });

  it('metadataDeadline and blobDeadline: milliseconds', async () => {
    const timers = mock.method(globalThis, 'setTimeout');
    try {
      await start({ metadataDeadline: 43_210, blobDeadline: 87_650 });
      await make();
      const waits = new Set(timers.mock.calls.map(({ arguments: [, wait] }) => wait));
      assert.ok(waits.has(43_210) && waits.has(87_650), [...waits].join());
    } finally {
      timers.mock.restore();
    }
  });

  it('sweepInterval and leaseTime: seconds; and after close() nothing is swept', async () => {
    const waits: unknown[] = [];
    const going = new Set<unknown>();
    const { setInterval: inner, clearInterval: innerClear } = globalThis;
    globalThis.setInterval = Object.assign((...args: Parameters<typeof inner>) => {
      const timer = inner(...args);
      waits.push(args[1]);
      going.add(timer);
      return timer;
    }, inner);
    globalThis.clearInterval = (timer) => {
      going.delete(timer);
      innerClear(timer);
    };
    try {
      await start({ sweepInterval: 1000, leaseTime: 4000 });
      assert.ok(waits.includes(1000 * SECOND), 'between sweeps');
      await make();
      assert.ok(waits.includes((4000 * SECOND) / 4), 'between signs of life');
      await registry.close();
      assert.equal(going.size, 0);
    } finally {
      globalThis.setInterval = inner;
      globalThis.clearInterval = innerClear;
    }
  });
});
