import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { ACTIONS } from '../support/access/actions.js';
import type { CallerName } from '../support/access/callers.js';
import { AccessHost } from '../support/access/host.js';
import { eachCaller, tableOf } from '../support/access/attempts.js';
import { linesOf, sectionOf, titlesOf, type MatrixTable } from '../support/access/matrix.js';
import { FORMATS, OCTETS } from '../support/clients/images-client.js';

const PAGE = new URL('../../docs/access-matrix.md', import.meta.url);
/** Set by hand when the page is to change: it is written anew then. */
const UPDATE = process.env.UPDATE_MATRIX === '1';
const NEW_IMAGE = 'A new image, `POST /v1/images`';

const held = readFileSync(PAGE, 'utf8');

describe('who may do what', () => {
  let host: AccessHost;
  const tables: MatrixTable[] = [];

  // A new one for each table: listings would get longer and longer.
  beforeEach(async () => {
    host = new AccessHost();
    await host.start();
  });
  afterEach(() => host.stop());

  before(() => assert.ok(!UPDATE || process.env.CI === undefined, 'UPDATE_MATRIX is not for CI'));

  after(() => {
    if (!UPDATE) return;
    const [head = ''] = held.split('## ', 1);
    writeFileSync(PAGE, `${head}${tables.flatMap(linesOf).join('\n')}`);
  });

  const compare = (table: MatrixTable): void => {
    tables.push(table);
    if (!UPDATE) assert.deepEqual(linesOf(table).slice(0, -1), sectionOf(held, table.title).slice(0, -1));
  };

  it('is what the page has tables of', () => {
    if (!UPDATE) assert.deepEqual(titlesOf(held), [NEW_IMAGE, ...ACTIONS.map(({ title }) => title)]);
  });

  it(NEW_IMAGE, async () => {
    const ways: Readonly<Record<string, Parameters<ReturnType<AccessHost['as']>['ask']>[1]>> = {
      reserved: {},
      'with data': { headers: { ...OCTETS, ...FORMATS }, body: 'data' },
      public: { headers: { 'x-image-meta-is_public': 'true' } },
    };
    const rows = new Map<string, Record<CallerName, string>>();
    for (const [way, question] of Object.entries(ways))
      rows.set(
        way,
        await eachCaller(async (caller) => {
          const answer = await host.as(caller).ask('/v1/images', { ...question, method: 'POST' });
          return String(answer.status);
        }),
      );
    compare({ title: NEW_IMAGE, rows });
  });

  for (const action of ACTIONS) it(action.title, async () => compare(await tableOf(host, action)));
});
