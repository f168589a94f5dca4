import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Caller } from '../../lib/domain/identity.js';
import { Policy } from '../../lib/domain/policy.js';
import type { Check } from '../../lib/domain/policy/check.js';
import { parseCheck } from '../../lib/domain/policy/parse-check.js';
import type { Template } from '../../lib/domain/policy/template.js';

const word = fc.stringMatching(/^[a-z][a-z0-9_]{0,6}$/);
const operand = word.filter((text) => !['http', 'https', 'rule', 'role'].includes(text));

/** No two plain texts beside each other: reading joins them. */
const template: fc.Arbitrary<Template> = fc.oneof(
  word.map((text) => [text]),
  word.map((key) => [{ key }]),
  fc.tuple(word, word, word).map(([text, key, tail]) => [`${text}%`, { key }, tail]),
);

const term: fc.Arbitrary<Check> = fc.oneof(
  fc.constantFrom<Check>({ kind: 'always' }, { kind: 'never' }),
  word.map((name): Check => ({ kind: 'rule', name })),
  template.map((role): Check => ({ kind: 'role', role })),
  fc
    .tuple(fc.oneof(word, fc.constantFrom('None', '5', 'ä.b')), template)
    .map(([left, right]): Check => ({ kind: 'literal', left, right })),
  fc
    .tuple(fc.array(operand, { minLength: 1, maxLength: 3 }), template)
    .map(([path, right]): Check => ({ kind: 'credential', path, right })),
);

const check = fc.letrec<{ check: Check }>((tie) => ({
  check: fc.oneof(
    { depthSize: 'small' },
    term,
    tie('check').map((inner): Check => ({ kind: 'not', check: inner })),
    fc
      .tuple(
        fc.constantFrom('and' as const, 'or' as const),
        fc.array(tie('check'), { minLength: 2, maxLength: 4 }),
      )
      .map(([kind, checks]): Check => ({ kind, checks })),
  ),
})).check;

function print(node: Check): string {
  switch (node.kind) {
    case 'always':
      return '@';
    case 'never':
      return '!';
    case 'not':
      return `not ${print(node.check)}`;
    case 'and':
    case 'or':
      return `(${node.checks.map(print).join(` ${node.kind} `)})`;
    case 'rule':
      return `rule:${node.name}`;
    case 'role':
      return `role:${printTemplate(node.role)}`;
    case 'literal':
      return `"${node.left}":${printTemplate(node.right)}`;
    case 'credential':
      return `${node.path.join('.')}:${printTemplate(node.right)}`;
    case 'code':
      throw new Error('code has no text');
  }
}

function printTemplate(pieces: Template): string {
  return pieces
    .map((piece) => (typeof piece === 'string' ? piece.replaceAll('%', '%%') : `%(${piece.key})s`))
    .join('');
}

describe('the language of policy rules', () => {
  it('is read as it is printed', () => {
    fc.assert(
      fc.property(check, (node) => assert.deepEqual(parseCheck(print(node)), node)),
      { numRuns: 2000 },
    );
  });

  it('binds not before and before or', () => {
    assert.deepEqual(
      parseCheck('not role:a AND role:b Or role:c'),
      parseCheck('(((not role:a) and role:b) or role:c)'),
    );
  });

  for (const [rule, message] of [
    ['role:a or', /at position 10: the end stands where a check was expected/],
    ['role:a role:b', /at position 8: role:b stands where and, or, or the end was expected/],
    ['(role:a', /at position 8: .*a \) for the \( at position 1/],
    ['role:a)', /at position 7: \)/],
    ['()', /at position 2: \) stands/],
    ['  ', /at position 3: the end stands/],
    ['and', /at position 1: and stands/],
    ['role:a or admin', /at position 11: "admin" is not a check.*role:admin/],
    ["'public'", /at position 1: .*not a check/],
    ['role:a or http://x/y', /at position 11: .*asks another server, which is not supported/],
    ['https:x', /not supported/],
    ['not(role:a)', /parenthesis inside/],
    ['(role:a)or(role:b)', /parenthesis inside/],
    ["'it's:%(x)s", /at position 1: "'it's" before the colon/],
    ['0123:%(x)s', /"0123" before the colon/],
    [':x', /"" before the colon/],
    ['a..b:x', /before the colon/],
    ['rule:', /names no rule/],
    ['role:', /names no role/],
    ['user_id:%(x)d', /neither %\(field\)s nor %%/],
    ['user_id:100%', /neither %\(field\)s nor %%/],
    [`${'('.repeat(101)}@${')'.repeat(101)}`, /nested deeper than 100/],
    [`${'not '.repeat(101)}@`, /nested deeper than 100/],
  ] as const)
    it(`refuses ${rule.slice(0, 24)}`, () => {
      assert.throws(() => parseCheck(rule), { name: 'TypeError', message });
      assert.throws(() => Policy.of({ get_image: rule }), { message: /^policy rule get_image: / });
    });

  it('never throws at start but TypeError, nor at request time at all, whatever it is given', () => {
    const pieces = fc.constantFrom(
      'role:',
      'rule:',
      'a',
      ':',
      '%(',
      ')s',
      ')',
      '(',
      ' ',
      'and',
      'or',
      'not',
      '%',
      "'",
      '.',
      'roles',
      '@',
      '!',
      '5',
    );
    const text = fc.oneof(
      check.map(print),
      fc.array(pieces, { maxLength: 12 }).map((all) => all.join('')),
    );
    const caller = fc.record({
      user: fc.option(word),
      project: fc.option(word),
      roles: fc.array(fc.string({ unit: 'binary' })),
      admin: fc.boolean(),
      readOnly: fc.boolean(),
    }) satisfies fc.Arbitrary<Caller>;
    const target = fc.option(
      fc.dictionary(fc.oneof(word, fc.string()), fc.anything({ withNullPrototype: true })),
    );
    fc.assert(
      fc.property(text, caller, target, (rule, who, what) => {
        let policy: Policy;
        try {
          policy = Policy.of({ get_image: rule });
        } catch (error) {
          assert.ok(error instanceof TypeError);
          return;
        }
        assert.equal(typeof policy.allows('get_image', who, what), 'boolean');
      }),
      { numRuns: 3000 },
    );
  });
});
