import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { DEFAULTS } from '../../lib/defaults.js';

const OPTIONS = new URL('../../lib/options.ts', import.meta.url);
const TIB = 1024 ** 4;

/** Those that are told in words. */
const IN_WORDS: Readonly<Record<string, unknown>> = {
  allowedOrigins: [],
  versions: ['v2', 'v1'],
  imageSizeCap: TIB,
  importMethods: ['glance-direct', 'web-download', 'copy-image'],
  diskFormats: ['ami', 'ari', 'aki', 'vhd', 'vhdx', 'vmdk', 'raw', 'qcow2', 'vdi', 'ploop', 'iso'],
  containerFormats: ['ami', 'ari', 'aki', 'bare', 'ovf', 'ova', 'docker', 'compressed'],
};

describe('what holds where an option is left out', () => {
  it('is what its documentation says', async () => {
    const text = await readFile(OPTIONS, 'utf8');
    const said = new Map(
      [...text.matchAll(/\/\*\*((?:[^*]|\*(?!\/))*)\*\/\s*readonly (\w+)\?:/g)].map(
        ([, comment = '', name = '']) => [name, comment.replace(/\s*\n\s*\* ?/g, ' ')],
      ),
    );
    const told: string[] = [];
    for (const [name, value] of Object.entries(DEFAULTS)) {
      const words = /Default:? (?:`([^`]+)`|(\d+|true|false)\b(?! TiB))/.exec(said.get(name) ?? '');
      if (words === null) continue;
      told.push(name);
      assert.equal(JSON.stringify(value).replaceAll('"', ''), words[1] ?? words[2], name);
    }
    assert.ok(told.length >= 25, told.join());
    const others = Object.keys(DEFAULTS).filter((name) => !told.includes(name) && !(name in IN_WORDS));
    assert.deepEqual(others.sort(), ['logger', 'schemaProperties']);
  });

  for (const [name, value] of Object.entries(IN_WORDS))
    it(`${name}: ${JSON.stringify(value)}`, () => {
      const sorted = (given: unknown): unknown =>
        Array.isArray(given) ? (given as unknown[]).toSorted() : given;
      assert.deepEqual(sorted(DEFAULTS[name as keyof typeof DEFAULTS]), sorted(value));
    });
});
