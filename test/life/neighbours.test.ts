import assert from 'node:assert/strict';
import type { ProcessRecord } from '../../lib/catalogue/process-book.js';
import { Neighbours, type DeadRegistry } from '../../lib/services/neighbours.js';
import { processIdentity, type ProcessIdentity } from '../../lib/services/process-identity.js';
import { sampleId } from '../support/mounts/sample-images.js';

const SELF = sampleId(1);
const OTHER = sampleId(2);
const LEASE_TIME = 8000;
/** So often one looks, ms. */
const STEP = 1000;
const FOREIGN: ProcessIdentity = { boot: 'another', namespace: 'pid:[1]', pid: 1, start: '1' };

/** A watcher whose clock goes on when the test says so. */
class Watcher {
  records: ProcessRecord[] = [];
  writers: string[] = [];
  /** Whether the metadata cannot be read. */
  down = false;
  /** Milliseconds that a look takes. */
  slow = 0;
  #now = 1_000_000;
  readonly #neighbours: Neighbours;

  constructor(leaseTime = LEASE_TIME) {
    const read = <T>(value: T): Promise<T> => {
      if (this.down) return Promise.reject(new Error('down'));
      this.#now += this.slow / 2;
      return Promise.resolve(value);
    };
    this.#neighbours = new Neighbours(
      { writers: () => read(this.writers) },
      { list: () => read(this.records) },
      SELF,
      leaseTime,
      () => this.#now,
    );
  }

  /** Lets time go by and looks. @returns the dead */
  async look(wait = STEP): Promise<readonly DeadRegistry[]> {
    this.#now += wait;
    return (await this.#neighbours.look()).dead;
  }

  /** Lets time go by, but nobody looks. */
  pass(milliseconds: number): void {
    this.#now += milliseconds;
  }

  /** Milliseconds from now until `id` counts as dead, looking all the time. */
  async until(id: string): Promise<number> {
    const start = this.#now;
    while (!(await this.look()).some((dead) => dead.id === id))
      if (this.#now - start > 1_000_000) throw new Error('it lives for ever');
    return this.#now - start;
  }
}

describe('a registry that writes', () => {
  const record = (changes: Partial<ProcessRecord> = {}): ProcessRecord => ({
    ...FOREIGN,
    id: OTHER,
    leaseTime: LEASE_TIME,
    counter: 0,
    ...changes,
  });

  async function watch(...records: ProcessRecord[]): Promise<Watcher> {
    const watcher = new Watcher();
    watcher.records = records;
    assert.deepEqual(await watcher.look(), []);
    return watcher;
  }

  it('of another host is dead when its counter has stood still for its lease time, and may come round', async () => {
    const watcher = await watch(record());
    assert.equal(await watcher.until(OTHER), LEASE_TIME);
    assert.deepEqual(await watcher.look(), [{ id: OTHER, certain: false }]);
  });

  it('is judged by its own lease time, not by that of the watcher', async () => {
    const patient = await watch(record({ leaseTime: 5 * LEASE_TIME }));
    assert.equal(await patient.until(OTHER), 5 * LEASE_TIME);
    const watcher = new Watcher(1_000_000);
    watcher.records = [record()];
    await watcher.look();
    assert.equal(await watcher.until(OTHER), LEASE_TIME);
  });

  it('lives as long as its counter changes, whatever it changes to', async () => {
    const watcher = await watch(record({ counter: 5 }));
    for (const counter of [6, 7, 3, 1000]) {
      for (let looks = 0; looks < 7; looks += 1) assert.deepEqual(await watcher.look(), [], String(counter));
      watcher.records = [record({ counter })];
      assert.deepEqual(await watcher.look(), []);
    }
  });

  it('is not dead for an outage of the metadata, however long', async () => {
    const watcher = await watch(record());
    for (let looks = 0; looks < 6; looks += 1) assert.deepEqual(await watcher.look(), []);
    watcher.down = true;
    for (let looks = 0; looks < 100; looks += 1) await assert.rejects(watcher.look(), /down/);
    watcher.down = false;
    // What was seen before counts, what lies between the last look before and the first one after does not.
    assert.deepEqual(await watcher.look(), []);
    assert.equal(await watcher.until(OTHER), 2 * STEP);
  });

  it('is not dead for a watcher that stood still', async () => {
    const watcher = await watch(record());
    for (let looks = 0; looks < 20; looks += 1)
      assert.deepEqual(await watcher.look(LEASE_TIME / 4 + 1), [], String(looks));
    assert.equal(await watcher.until(OTHER), LEASE_TIME);
  });

  it('is not dead for reads that take long: only the time between them counts', async () => {
    const watcher = await watch(record());
    watcher.slow = LEASE_TIME / 8;
    // Between two looks lies as much as one takes.
    assert.equal(await watcher.until(OTHER), 2 * LEASE_TIME);
  });

  it('of this host is never dead while its process lives', async () => {
    const watcher = await watch(record(await processIdentity()));
    for (let looks = 0; looks < 1000; looks += 1) assert.deepEqual(await watcher.look(), []);
  });

  it('of this host is dead at once when its process has ended, and that is certain', async () => {
    const watcher = new Watcher();
    watcher.records = [record({ ...(await processIdentity()), start: '1' })];
    assert.deepEqual(await watcher.look(), [{ id: OTHER, certain: true }]);
  });

  it('and is not entered is dead after the lease time of the watcher', async () => {
    const watcher = new Watcher();
    watcher.writers = [OTHER];
    await watcher.look();
    assert.equal(await watcher.until(OTHER), LEASE_TIME);
    assert.deepEqual(await watcher.look(), [{ id: OTHER, certain: false }]);
  });

  it('is never the watcher itself', async () => {
    const watcher = new Watcher();
    watcher.records = [record({ id: SELF })];
    watcher.writers = [SELF];
    for (let looks = 0; looks < 100; looks += 1) assert.deepEqual(await watcher.look(), []);
  });

  it('is forgotten with its record: who comes back is watched anew', async () => {
    const watcher = await watch(record());
    for (let looks = 0; looks < 6; looks += 1) await watcher.look();
    watcher.records = [];
    await watcher.look();
    watcher.records = [record()];
    await watcher.look();
    assert.equal(await watcher.until(OTHER), LEASE_TIME);
  });
});
