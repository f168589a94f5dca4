import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Turns, type Turn } from '../../lib/services/turns.js';
import { settledSoon } from '../support/life/settled-soon.js';

describe('turns', () => {
  const names = async (turns: Record<string, Turn>): Promise<string> => {
    const come: string[] = [];
    for (const [name, { come: coming }] of Object.entries(turns))
      if (await settledSoon(coming)) come.push(name);
    return come.join(' ');
  };

  it('come at once while few go on, then one for each that ends', async () => {
    const turns = new Turns({ what: 'things', all: 2, each: 2 });
    const [a, b, c, d] = [turns.enter('x'), turns.enter('x'), turns.enter('x'), turns.enter('x')];
    assert.equal(await names({ a, b, c, d }), 'a b');
    b.end();
    b.end();
    assert.equal(await names({ c, d }), 'c');
    assert.equal(turns.waiting, 1);
    a.end();
    assert.equal(await names({ d }), 'd');
    for (const turn of [c, d]) turn.end();
    assert.equal(await names({ e: turns.enter('y') }), 'e');
  });

  it('leave room for others, however many one caller wants', async () => {
    const turns = new Turns({ what: 'things', all: 4, each: 2 });
    const many = Array.from({ length: 10 }, () => turns.enter('greedy'));
    const other = turns.enter('other');
    assert.equal(await names({ other }), 'other');
    assert.equal(turns.waiting, 8);
    for (const turn of [...many, other]) turn.end();
    assert.equal(turns.waiting, 0);
  });

  it('come first to whom has the fewest going on, and to callers by turns', async () => {
    const turns = new Turns({ what: 'things', all: 1, each: 1 });
    const order: string[] = [];
    const done = ['a', 'a', 'a', 'b', 'b', 'c'].map((key) =>
      turns.run(key, undefined, async () => {
        order.push(key);
        await new Promise((resolve) => setImmediate(resolve));
      }),
    );
    await Promise.all(done);
    assert.equal(order.join(''), 'aabcab');
  });

  it('are refused when too many wait, of one caller or of all', () => {
    const turns = new Turns({ what: 'things', all: 1, each: 1, waiting: 3, waitingEach: 2 });
    const held = [turns.enter('a'), turns.enter('a'), turns.enter('a')];
    assert.throws(() => turns.enter('a'), { code: 'unavailable', message: /too many things wait/ });
    held.push(turns.enter('b'));
    assert.throws(() => turns.enter('b'), { code: 'unavailable' });
    held[1]!.end();
    held.push(turns.enter('b'));
    for (const turn of held) turn.end();
    assert.equal(turns.waiting, 0);
  });

  it('are given up by those who leave', async () => {
    const turns = new Turns({ what: 'things', all: 1, each: 1 });
    const first = turns.enter('a');
    const leaving = new AbortController();
    const gone = turns.run('a', leaving.signal, () => Promise.reject(new Error('never')));
    const early = turns.run('a', AbortSignal.abort(new Error('gone before')), () => Promise.resolve());
    const last = turns.enter('a');
    leaving.abort(new Error('gone'));
    await assert.rejects(gone, /gone/);
    await assert.rejects(early, /gone before/);
    assert.equal(turns.waiting, 1);
    first.end();
    assert.equal(await names({ last }), 'last');
    last.end();
    assert.equal(await names({ next: turns.enter('a') }), 'next');
  });

  it('keep the bounds and forget nobody, whatever happens', async () => {
    const step = fc.record({
      key: fc.constantFrom('a', 'b', 'c'),
      what: fc.constantFrom('enter', 'end', 'abort'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const turns = new Turns({ what: 'things', all: 3, each: 2 });
        const held: { key: string; turn: Turn; gone: AbortController; going: boolean }[] = [];
        const going = (key?: string): number =>
          held.filter((one) => one.going && (key === undefined || one.key === key)).length;
        for (const { key, what } of steps) {
          if (what === 'enter') {
            const gone = new AbortController();
            const one = { key, turn: turns.enter(key, gone.signal), gone, going: false };
            one.turn.come.then(
              () => (one.going = true),
              () => undefined,
            );
            held.push(one);
          } else {
            const at = held.findIndex((one) => one.key === key);
            const [one] = at === -1 ? [] : held.splice(at, 1);
            if (what === 'abort') one?.gone.abort(new Error('gone'));
            one?.turn.end();
          }
          await new Promise((resolve) => setImmediate(resolve));
          assert.ok(going() <= 3);
          for (const one of ['a', 'b', 'c']) assert.ok(going(one) <= 2);
          assert.equal(going() + turns.waiting, held.length);
          // Nobody waits who could go on.
          const could = held.some((one) => !one.going && going(one.key) < 2 && going() < 3);
          assert.equal(could, false);
        }
      }),
      { numRuns: 200 },
    );
  });
});
