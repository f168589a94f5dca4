import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type IniSection, parseIni } from '../../lib/domain/ini.js';
import { parseProtections } from '../../lib/domain/property-protections-file.js';

const FULL = 'create = admin,Member\nread: @\nupdate=\ndelete = !\n';
const LISTS = { create: ['admin', 'Member'], read: ['@'], update: [], delete: ['!'] };

function plain(sections: readonly IniSection[]): unknown {
  return sections.map(({ name, options }) => [
    name,
    [...options].map(([key, { value }]) => [key, value.split('\n')]),
  ]);
}

/** What ConfigParser of Python 3.11 makes of these; blank lines within values left out. */
const READ = [
  ['[a]\ncreate=x\n\n   y\nread=1\n', [['a', { create: ['x', 'y'], read: ['1'] }]]],
  ['[DEFAULT]\nread=@\n[a]\nCREATE = b', [['a', { read: ['@'], create: ['b'] }]]],
  ['[a[b]]\nx=1', [['a[b]', { x: ['1'] }]]],
  ['[a]\n  x=1\n  y=2\n    z\n', [['a', { x: ['1'], y: ['2', 'z'] }]]],
  ['[a]\r\nx=1 ; c\r\n; d\r\n', [['a', { x: ['1 ; c'] }]]],
  ['[a]\nx:=1', [['a', { x: ['=1'] }]]],
  ['[a]\nx=100%%', [['a', { x: ['100%'] }]]],
  ['[a] ; c\nx=1', [['a', { x: ['1'] }]]],
  ['[a]\nx=\n  1', [['a', { x: ['', '1'] }]]],
  ['[a]\nx=1\n#c\n  2', [['a', { x: ['1', '2'] }]]],
  [
    '[a]\n x=1\n [b]\ny=2',
    [
      ['a', { x: ['1'] }],
      ['b', { y: ['2'] }],
    ],
  ],
  ['[a]\nx y = 1', [['a', { 'x y': ['1'] }]]],
  ['', []],
] as const;

describe('INI files', () => {
  for (const [text, sections] of READ)
    it(`are read as Python reads them: ${JSON.stringify(text)}`, () => {
      const expected = sections.map(([name, options]) => [name, Object.entries(options)]);
      assert.deepEqual(plain(parseIni(text)), expected);
    });

  it('may begin with a byte order mark, as editors on Windows leave it', () => {
    assert.deepEqual(plain(parseIni('\uFEFF[a]\nx=1')), [['a', [['x', ['1']]]]]);
  });

  for (const [text, message] of [
    ['x=1', /line 1: there is no \[section\]/],
    ['[]\nx=1', /line 1: there is no \[section\]/],
    ['[a]\nfoo', /line 2, section \[a\]: no = or :/],
    ['[a]\nx=1\n\nX=2', /line 4, section \[a\]: x is already defined on line 2/],
    ['[a]\n[b]\n[a]', /line 3: section \[a\] is already defined on line 1/],
    ['[a]\n=1', /line 2, section \[a\]: no name/],
    ['[a]\nx=%', /line 2: a %/],
    ['[a]\nx=1\n  %(y)s', /line 3: a %/],
    ['[a] b\nx=1', /line 1: "b" behind section \[a\]/],
  ] as const)
    it(`are refused: ${JSON.stringify(text)}`, () => {
      assert.throws(() => parseIni(text), { name: 'TypeError', message });
    });

  it('are read as they are written', () => {
    const line = fc.stringMatching(/^[!-~äß]([ -~äß]{0,8}[!-~äß])?$/).filter((text) => !/^[#;]/.test(text));
    const name = line.filter((text) => text !== 'DEFAULT');
    const key = fc.stringMatching(/^[a-z_][a-z_ ]{0,5}[a-z_]$/);
    const file = fc.uniqueArray(
      fc.tuple(name, fc.dictionary(key, fc.array(line, { minLength: 1, maxLength: 3 }), { maxKeys: 4 })),
      { selector: ([own]) => own, maxLength: 5 },
    );
    fc.assert(
      fc.property(
        file,
        fc.constantFrom('=', ' : ', ' = '),
        fc.constantFrom('\n', '\r\n', '\n\n', '\n# c\n'),
        (sections, delimiter, end) => {
          const text = sections
            .flatMap(([own, options]) => [
              `[${own}]`,
              ...Object.entries(options).map(
                ([option, lines]) => `${option}${delimiter}${lines.join('\n \t').replaceAll('%', '%%')}`,
              ),
            ])
            .join(end);
          const expected = sections.map(([own, options]) => [own, Object.entries(options)]);
          assert.deepEqual(plain(parseIni(text)), expected);
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe('property-protections.conf', () => {
  it('holds roles', () => {
    const text = `# first match decides\n[^x_[a-z]+]\n${FULL}\n[.*]\n${FULL.replace('admin,', 'admin,\n  ')}`;
    assert.deepEqual(parseProtections(text, 'roles'), [
      { pattern: '^x_[a-z]+', ...LISTS },
      { pattern: '.*', ...LISTS },
    ]);
  });

  it('holds the names of policy rules', () => {
    const text = '[a]\ncreate = owner\nread = @\nupdate =\ndelete = context_is_admin';
    assert.deepEqual(parseProtections(text, 'policies'), [
      { pattern: 'a', create: 'owner', read: '@', update: '', delete: 'context_is_admin' },
    ]);
  });

  for (const [format, text, message] of [
    [
      'roles',
      `[b]\n${FULL}[a]\ncreate=@\nread=@\nupdate=@\n`,
      /^property protections, line 6, section \[a\]: delete is missing/,
    ],
    ['roles', `[a]\n${FULL}creat=@`, /line 1, section \[a\]: line 6: there is no operation creat,/],
    ['roles', '[a]\nread=@,!\ncreate=\nupdate=\ndelete=\n', /section \[a\]: read: @ \(everyone\) and !/],
    ['roles', '[a]\nread=a\n  b\ncreate=\nupdate=\ndelete=\n', /section \[a\]: read: "a\\nb" is not a role/],
    ['roles', '[a]\nread=a # b\ncreate=\nupdate=\ndelete=\n', /section \[a\]: line 2: read has a comment/],
    ['roles', `[(a]\n${FULL}`, /line 1, section \[\(a\]: not a regular expression/],
    ['policies', `[(a+)+]\n${FULL}`, /section \[\(a\+\)\+\]: create: one policy rule/],
    ['policies', '[(a+)+]\nread=a\ncreate=\nupdate=\ndelete=\n', /section \[\(a\+\)\+\]: .*slow/],
    ['policies', 'read=a', /^property protections: line 1: there is no \[section\]/],
  ] as const)
    it(`is refused as ${format}: ${JSON.stringify(text)}`, () => {
      // Each overload takes one format.
      const parse = (): unknown =>
        format === 'roles' ? parseProtections(text, 'roles') : parseProtections(text, 'policies');
      assert.throws(parse, { name: 'TypeError', message });
    });
});
