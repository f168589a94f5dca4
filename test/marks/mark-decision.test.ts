import assert from 'node:assert/strict';
import type { RegistryRecord } from '../../lib/catalogue/registry-book.js';
import { decideMarks, type MarkDecision } from '../../lib/services/mark-decision.js';

describe('what the marks of stores mean', () => {
  let ids = 0;
  const decide = (record: RegistryRecord | undefined, marks: Record<string, string | null>): MarkDecision =>
    decideMarks(record, new Map(Object.entries(marks)), () => `new-${(ids += 1)}`);
  const record = (stores: Record<string, [mark: string, marked: boolean]>): RegistryRecord => ({
    id: 'reg',
    stores: new Map(Object.entries(stores).map(([name, [mark, marked]]) => [name, { mark, marked }])),
  });
  const refuses = (decision: MarkDecision, reason: RegExp): void => {
    assert.match(decision.step === 'refuse' ? decision.reason : decision.step, reason);
  };
  const DONE = { step: 'done' };
  beforeEach(() => (ids = 0));

  it('stores that cannot be marked need nothing', () => {
    assert.deepEqual(decide(undefined, {}), DONE);
    assert.deepEqual(decide(record({ a: ['m', true] }), {}), DONE);
  });

  it('a first start records all stores before it marks one', () => {
    assert.deepEqual(decide(undefined, { a: null, b: null }), {
      step: 'record',
      next: {
        id: 'new-3',
        stores: new Map([
          ['a', { mark: 'new-1', marked: false }],
          ['b', { mark: 'new-2', marked: false }],
        ]),
      },
    });
    const begun = record({ a: ['m', false], b: ['n', false] });
    assert.deepEqual(decide(begun, { a: null, b: null }), { step: 'mark', store: 'a', text: 'reg m' });
  });

  it('an interrupted first start goes on', () => {
    const begun = record({ a: ['m', false], b: ['n', false] });
    assert.deepEqual(decide(begun, { a: 'reg m', b: null }), {
      step: 'record',
      next: record({ a: ['m', true], b: ['n', false] }),
    });
    const half = record({ a: ['m', true], b: ['n', false] });
    assert.deepEqual(decide(half, { a: 'reg m', b: null }), { step: 'mark', store: 'b', text: 'reg n' });
    assert.deepEqual(decide(record({ a: ['m', true], b: ['n', true] }), { a: 'reg m', b: 'reg n' }), DONE);
  });

  it('a medium that was marked and is not is missing', () => {
    refuses(decide(record({ a: ['m', true] }), { a: null }), /store a: .* not there or was emptied.*"reg m"/);
  });

  it('a medium of another registry is refused, begun or not', () => {
    for (const marked of [true, false])
      refuses(decide(record({ a: ['m', marked] }), { a: 'other m' }), /store a: .* another registry, other/);
    refuses(decide(record({}), { a: 'other m' }), /another registry/);
    refuses(decide(record({}), { a: 'nonsense' }), /another registry/);
  });

  it('lost metadata is no first start', () => {
    refuses(
      decide(undefined, { a: null, b: 'reg m' }),
      /metadata is empty, but blob store b belongs to the registry reg/,
    );
  });

  it('a new store is marked', () => {
    assert.deepEqual(decide(record({ a: ['m', true] }), { a: 'reg m', b: null }), {
      step: 'record',
      next: record({ a: ['m', true], b: ['new-1', false] }),
    });
  });

  it('a store under a new name, or under two, is known by its mark', () => {
    assert.deepEqual(decide(record({ old: ['m', true] }), { b: 'reg m' }), {
      step: 'record',
      next: record({ old: ['m', true], b: ['m', true] }),
    });
    assert.deepEqual(decide(record({ a: ['m', false], b: ['n', false] }), { a: 'reg m', b: 'reg m' }), {
      step: 'record',
      next: record({ a: ['m', true], b: ['m', true] }),
    });
  });

  it('two stores that changed places are refused', () => {
    const both = record({ a: ['m', true], b: ['n', true] });
    refuses(decide(both, { a: 'reg n', b: 'reg m' }), /store a: this is the medium of the store b/);
    refuses(decide(both, { a: 'reg x', b: 'reg n' }), /store a: this is the medium of another store/);
  });

  it('any name is a name', () => {
    const decision = decide(record({}), Object.fromEntries([['__proto__', null]]));
    assert.ok(decision.step === 'record' && decision.next.stores.has('__proto__'));
  });
});
