import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ask } from '../support/clients/ask.js';
import { Host } from '../support/mounts/host.js';
import { withForm, withHeaders, withJson, withPath, withQuery } from '../support/clients/hostile-requests.js';
import { FORMATS } from '../support/clients/images-client.js';
import { sendHostile } from '../support/clients/send-hostile.js';
import { MOUNTS } from '../support/mounts/serve.js';

/** More of them, and others, are a matter of patience: `FUZZ_RUNS=2000 FUZZ_SEED=7`. */
const RUNS = Number(process.env.FUZZ_RUNS ?? 25);
const SEED = Number(process.env.FUZZ_SEED ?? 1);

// mocha fails the run for every rejection and exception that nobody handles.
for (const [seed, mount] of MOUNTS.entries())
  describe(`whatever is sent, ${mount.name}`, function () {
    this.timeout(60_000 + 100 * RUNS);
    const host = new Host(mount, seed % 2 === 0 ? 'memory' : 'disk', { imageSizeCap: 100_000 }).hooks();
    const id = crypto.randomUUID();

    before(async () => {
      await host.client().reserve({ ...FORMATS, 'x-image-meta-id': id });
    });

    const requests = {
      headers: withHeaders(id),
      queries: withQuery,
      'paths and methods': withPath,
      'JSON bodies': withJson,
      'form bodies': withForm(id),
    };
    for (const [what, hostile] of Object.entries(requests))
      it(`as ${what} gets an answer that is no server error, and harms nobody`, async () => {
        await fc.assert(
          fc.asyncProperty(hostile, fc.boolean(), async (request, chunked) => {
            host.logged.length = 0;
            const { status } = await sendHostile(host.url, request, chunked);
            const said = JSON.stringify(host.logged, (_key, value: unknown) =>
              value instanceof Error ? value.stack : value,
            );
            assert.ok((status >= 200 && status < 500) || status === 501, `${status} ${said}`);
            assert.equal((await ask(`${host.url}/versions`)).status, 200);
          }),
          { numRuns: RUNS, seed: SEED + seed },
        );
      });

    it('has left a listing that can be read', async () => {
      for (const path of ['/v1/images?limit=1000', '/v1/images/detail?limit=1000&sort_key=name'])
        assert.equal((await host.client().ask(path)).status, 200);
    });
  });
