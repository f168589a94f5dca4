import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Host } from '../support/mounts/host.js';
import { MOUNTS } from '../support/mounts/serve.js';

/** What a host app with a log, metrics and a session has. */
const LISTENERS_OF_HOST = 6;

describe('listeners', () => {
  const host = new Host({
    ...MOUNTS[0],
    before: (app) => {
      app.use((_request, response, next) => {
        for (let n = 0; n < LISTENERS_OF_HOST; n += 1) response.on('close', () => undefined);
        next();
      });
    },
  }).hooks();
  let warnings: Error[];
  const onWarning = (warning: Error): void => void warnings.push(warning);

  beforeEach(() => {
    warnings = [];
    process.on('warning', onWarning);
  });
  afterEach(() => {
    process.off('warning', onWarning);
  });

  it('of an answer are not so many, with those of the host app, that they are taken for a leak', async () => {
    const client = host.client();
    const { id } = await client.upload('some data');
    for (const path of [`/v1/images/${id}`, `/v2/images/${id}/file`, '/v2/images', '/v1/images/detail'])
      assert.equal((await client.ask(path)).status, 200);
    await nextTurn();
    assert.deepEqual(warnings, []);
  });
});
