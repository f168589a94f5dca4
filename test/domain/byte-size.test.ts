import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseByteSize } from '../../lib/domain/byte-size.js';

describe('parseByteSize', () => {
  for (const [text, bytes] of [
    ['0', 0],
    ['1024', 1024],
    ['7B', 7],
    ['1KB', 1024],
    ['5MiB', 5 * 1024 ** 2],
    ['10GB', 10 * 1024 ** 3],
    ['1.5 TB', 1.5 * 1024 ** 4],
    [' 0.5kb ', 512],
    ['1.50gb', 1.5 * 1024 ** 3],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
    [4096, 4096],
    [0, 0],
  ] as const)
    it(`reads ${JSON.stringify(text)}`, () => assert.equal(parseByteSize(text), bytes));

  for (const value of [
    '',
    ' ',
    '-1',
    '+1',
    '1e3',
    'GB',
    '1 0GB',
    '10  GB',
    '10 PB',
    '1iB',
    '10G',
    '1,5GB',
    '.5GB',
    '1.GB',
    '0x10',
    '1.5',
    '0.1KB',
    '9007199254740992',
    '9999TB',
    '9'.repeat(40),
    -1,
    1.5,
    NaN,
    Infinity,
    2 ** 53,
  ])
    it(`refuses ${JSON.stringify(value)}, ${String(value).slice(0, 20)}`, () => {
      assert.throws(() => parseByteSize(value), { name: 'TypeError', message: /byte|size/ });
    });

  it('is exact with every unit', () => {
    const unit = fc.constantFrom('', 'B', 'KB', 'MB', 'GB', 'TB', 'KiB', 'GiB');
    fc.assert(
      fc.property(fc.nat({ max: 4096 }), unit, (count, name) => {
        assert.equal(
          parseByteSize(`${count}${name}`),
          count * 1024 ** Math.max(0, 'BKMGT'.indexOf(name.charAt(0))),
        );
      }),
    );
  });
});
