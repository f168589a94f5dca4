import assert from 'node:assert/strict';
import type { Change, Fence, KeySpace } from '../../catalogue/key-space.js';
import { isRegistryError } from '../../errors.js';
import type { Bench } from './key-space-subject.js';
import { ALL, NO_FENCE, put, revisionOf, scan } from './sample-records.js';

const ONE: Fence = { version: '1', lock: '' };
const LOCKED: Fence = { version: '1', lock: '2.b' };
const TWO: Fence = { version: '2.b', lock: '' };

/** The fence: who carries another one is refused, in the transaction of the call itself. */
export function fences(bench: Bench): void {
  const { describe } = bench.framework;
  const { it, subject } = bench;

  describe('the fence', () => {
    it('is empty at first, moves with a commit, and is not asked about by those who carry none', async (space) => {
      assert.equal(await commit(space, 'f', 0, { fence: NO_FENCE, nextFence: ONE }), true);
      assert.equal(await revisionOf(space, 'f'), 1);
      assert.equal(await commit(space, 'k', 0, { fence: ONE }), true);
      assert.deepEqual(await space.get(['k'], ONE), [{ revision: 1, value: { rows: ['k'] } }]);
      assert.deepEqual(await space.scanMany([ALL], ONE), [['f', 'k']]);
      assert.equal(await put(space, 'unfenced', 0, ['u']), true);
      assert.deepEqual(await scan(space, ALL), ['f', 'k', 'u']);
    });

    it('with another version refuses every call, and nothing has changed', async (space) => {
      await commit(space, 'f', 0, { nextFence: TWO });
      for (const fence of [NO_FENCE, ONE, { version: '2', lock: '' }, { version: '2.b.c', lock: '' }]) {
        await refused(space.get(['f'], fence));
        await refused(space.scanMany([ALL], fence));
        await refused(space.scanMany([], fence));
        await refused(commit(space, 'k', 0, { fence }));
        await refused(commit(space, 'f', 1, { fence, nextFence: ONE }));
        await refused(
          space.commit({ key: 'f', expected: 1, value: null, addRows: [], removeRows: ['f'], fence }),
        );
      }
      assert.deepEqual(await space.get(['f', 'k'], TWO), [
        { revision: 1, value: { rows: ['f'] } },
        undefined,
      ]);
      assert.deepEqual(await space.scanMany([ALL], TWO), [['f']]);
    });

    it('with a lock refuses commits that have not the key to it, and no reads', async (space) => {
      await commit(space, 'f', 0, { nextFence: LOCKED });
      await refused(commit(space, 'k', 0, { fence: ONE }));
      await refused(commit(space, 'k', 0, { fence: { ...LOCKED, lock: '2' } }));
      assert.deepEqual(await space.scanMany([ALL], ONE), [['f']]);
      assert.equal((await space.get(['f'], ONE))[0]?.revision, 1);
      assert.equal(await commit(space, 'k', 0, { fence: LOCKED }), true);
      assert.equal(await commit(space, 'f', 1, { fence: LOCKED, nextFence: TWO }), true);
      await refused(space.scanMany([ALL], ONE));
      assert.equal(await commit(space, 'l', 0, { fence: TWO }), true);
    });

    it('does not move with a commit whose revision is not the expected one', async (space) => {
      await commit(space, 'f', 0, { nextFence: ONE });
      assert.equal(await commit(space, 'f', 0, { fence: ONE, nextFence: TWO }), false);
      assert.equal(await commit(space, 'other', 3, { nextFence: TWO }), false);
      assert.deepEqual(await space.scanMany([ALL], ONE), [['f']]);
    });

    it('is passed by no commit that comes behind its moving', async (space) => {
      const spaces = subject.another === undefined ? [space] : [space, await bench.open(subject.another)];
      await commit(space, 'f', 0, { nextFence: ONE });
      const done: number[] = [];
      let moved = false;
      const write = async (writer: number): Promise<void> => {
        const mine = spaces[writer % spaces.length]!;
        for (let count = 0; !moved; count++) {
          try {
            await commit(mine, `w${writer}-${count}`, 0, { fence: ONE });
            done[writer] = count + 1;
            await new Promise(setImmediate);
          } catch (error) {
            assert.ok(isRegistryError(error, 'unavailable'), String(error));
            moved = true;
          }
        }
      };
      const writers = Array.from({ length: 8 }, (_, writer) => write(writer));
      while (done.reduce((sum, count) => sum + count, 0) < 40) await new Promise(setImmediate);
      await commit(space, 'f', 1, { fence: ONE, nextFence: LOCKED });
      const before = await space.scanMany([ALL], LOCKED);
      await Promise.all(writers);
      assert.deepEqual(await space.scanMany([ALL], LOCKED), before);
    });

    const { reopen } = subject;
    if (reopen === undefined) return;
    it('is there when the key space is opened again', async (space) => {
      await commit(space, 'f', 0, { nextFence: LOCKED });
      await bench.close(space);
      const later = await bench.open(reopen);
      await refused(later.get(['f'], TWO));
      await refused(commit(later, 'k', 0, { fence: ONE }));
      assert.deepEqual(await later.scanMany([ALL], LOCKED), [['f']]);
    });
  });
}

/** Stores a record whose one row has its name. */
function commit(
  space: KeySpace,
  key: string,
  expected: number,
  fences: Pick<Change, 'fence' | 'nextFence'>,
): Promise<boolean> {
  return space.commit({ key, expected, value: { rows: [key] }, addRows: [key], removeRows: [], ...fences });
}

async function refused(call: Promise<unknown>): Promise<void> {
  await assert.rejects(call, (error: unknown) => {
    assert.ok(isRegistryError(error, 'unavailable'), `expected unavailable, got ${String(error)}`);
    return true;
  });
}
