import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import type { PolicyPreset } from '../../lib/index.js';
import { ACTIONS_V2, QUESTIONS_V2 } from '../support/access/actions-v2.js';
import { assertUntouched } from '../support/access/attempts.js';
import { CALLERS_V2 } from '../support/access/callers-v2.js';
import { AccessHost } from '../support/access/host.js';
import { IMAGE_KINDS } from '../support/access/images.js';
import { linesOf, sectionOf, titlesOf, type MatrixTable } from '../support/access/matrix.js';
import type { ImagesClient } from '../support/clients/images-client.js';
import { MOUNTS } from '../support/mounts/serve.js';

const PAGE = new URL('../../docs/access-matrix-v2.md', import.meta.url);
/** Set by hand when the page is to change: it is written anew then. */
const UPDATE = process.env.UPDATE_MATRIX === '1';
const PRESETS: readonly PolicyPreset[] = ['owner', 'secure-rbac'];
const WITHOUT = 'without an image';

const held = UPDATE ? '' : readFileSync(PAGE, 'utf8');
const tables: MatrixTable[] = [];

/** One row: what every kind of caller gets. */
async function row(
  host: AccessHost,
  ask: (client: ImagesClient) => Promise<string>,
): Promise<Record<string, string>> {
  const words = await Promise.all(
    Object.entries(CALLERS_V2).map(async ([name, token]) => [name, await ask(host.client(token))] as const),
  );
  return Object.fromEntries(words);
}

function compare(table: MatrixTable): void {
  tables.push(table);
  if (!UPDATE) assert.deepEqual(linesOf(table).slice(0, -1), sectionOf(held, table.title).slice(0, -1));
}

describe('who may do what in v2', () => {
  before(() => assert.ok(!UPDATE || process.env.CI === undefined, 'UPDATE_MATRIX is not for CI'));

  after(() => {
    if (!UPDATE) return;
    const [head = ''] = readFileSync(PAGE, 'utf8').split('## ', 1);
    writeFileSync(PAGE, `${head}${tables.flatMap(linesOf).join('\n')}`);
  });

  it('is what the page has tables of', () => {
    const titles = [WITHOUT, ...ACTIONS_V2.map(({ title }) => title)];
    if (!UPDATE)
      assert.deepEqual(
        titlesOf(held),
        PRESETS.flatMap((preset) => titles.map((title) => `${preset}: ${title}`)),
      );
  });

  for (const preset of PRESETS)
    describe(`under the rights of ${preset}`, () => {
      let host: AccessHost;

      // A new one for each table: listings would get longer and longer.
      beforeEach(async () => {
        host = new AccessHost(MOUNTS[0], { policy: preset });
        await host.start();
      });
      afterEach(() => host.stop());

      it(WITHOUT, async () => {
        const rows = new Map<string, Record<string, string>>();
        for (const [title, { path, question }] of Object.entries(QUESTIONS_V2))
          rows.set(
            title,
            await row(host, async (client) => String((await client.ask(path, question)).status)),
          );
        compare({ title: `${preset}: ${WITHOUT}`, rows });
      });

      for (const { title, run } of ACTIONS_V2)
        it(title, async () => {
          const rows = new Map<string, Record<string, string>>();
          for (const kind of IMAGE_KINDS)
            rows.set(
              kind,
              await row(host, async (client) => {
                const image = await host.add(kind, { tags: ['old'] });
                const word = await run(client, image);
                if (/^[45]/.test(word)) await assertUntouched(host, image, `${title}, ${kind}`);
                return word;
              }),
            );
          compare({ title: `${preset}: ${title}`, rows });
        });
    });
});
