import assert from 'node:assert/strict';
import fc from 'fast-check';
import { MergeScan, type Span } from '../../lib/catalogue/merge-scan.js';
import { PlainKeySpace } from '../support/catalogue/plain-key-space.js';

const PREFIXES = ['a', 'bb', 'c', 'dd'];

class Space extends PlainKeySpace {
  readonly isAtHand: boolean;

  constructor(isAtHand: boolean) {
    super();
    this.isAtHand = isAtHand;
  }
}

async function spaceOf(rows: readonly string[], isAtHand = false): Promise<Space> {
  const space = new Space(isAtHand);
  await space.commit({ key: 'rows', expected: 0, value: {}, addRows: rows, removeRows: [] });
  return space;
}

/** Places of four digits, so many of each range, that ranges share some of them. */
const ranges = fc.tuple(...PREFIXES.map(() => fc.uniqueArray(fc.nat(400), { maxLength: 300 })));
const digits = (n: number): string => String(n).padStart(4, '0');

describe('merge scan', () => {
  it('reads ranges as one, in order and without doubles, in steps of any size', async () => {
    const steps = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(
        ranges,
        steps,
        fc.boolean(),
        fc.nat(450),
        fc.nat(450),
        fc.boolean(),
        async (found, sizes, reverse, a, b, isAtHand) => {
          const space = await spaceOf(
            found.flatMap((places, n) => places.map((place) => PREFIXES[n]! + digits(place))),
            isAtHand,
          );
          const spans: Span[] = PREFIXES.map((prefix) => ({ prefix, from: digits(a), to: digits(b) }));
          const expected = [...new Set(found.flat())]
            .filter((place) => place >= a && place < b)
            .sort((x, y) => x - y);
          if (reverse) expected.reverse();
          const scan = new MergeScan(space, spans, reverse);
          let at = 0;
          for (const size of sizes) {
            assert.deepEqual(await scan.next(size), expected.slice(at, at + size).map(digits));
            at += size;
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('asks all ranges in one round trip, and again only those that need it', async () => {
    const rows = Array.from({ length: 500 }, (_, n) => `a${digits(n)}`);
    const space = await spaceOf([...rows, 'bb0000', 'c9999']);
    const scan = new MergeScan(
      space,
      PREFIXES.map((prefix) => ({ prefix, from: '', to: '\xff' })),
      false,
    );
    assert.equal((await scan.next(25)).length, 25);
    const { counts } = space;
    assert.deepEqual([counts.scans, counts.ranges, counts.rowsRead], [1, 4, 27]);
    assert.equal((await scan.next(100)).length, 100);
    assert.deepEqual([counts.scans, counts.ranges], [2, 5]);
    assert.equal((await scan.next(1000)).length, 500 + 1 - 125);
    assert.deepEqual(await scan.next(1), []);
  });

  it('reads few rows that it does not need where that takes no round trip', async () => {
    const rows = ['a', 'bb'].flatMap((prefix, n) =>
      Array.from({ length: 500 }, (_, at) => prefix + digits(2 * at + n)),
    );
    const others = Array.from({ length: 8 }, (_, n) => `c${n}`);
    const old = others.flatMap((prefix) => Array.from({ length: 500 }, (_, n) => prefix + digits(2000 + n)));
    const spans = ['a', 'bb', ...others].map((prefix) => ({ prefix, from: '', to: '\xff' }));
    const read = async (isAtHand: boolean): Promise<number> => {
      const space = await spaceOf([...rows, ...old], isAtHand);
      assert.equal((await new MergeScan(space, spans, false).next(26)).length, 26);
      return space.counts.rowsRead;
    };
    assert.deepEqual([await read(false), await read(true)], [260, 72]);
  });

  it('has nothing where there are no ranges', async () => {
    assert.deepEqual(await new MergeScan(await spaceOf(['a']), [], false).next(5), []);
  });
});
