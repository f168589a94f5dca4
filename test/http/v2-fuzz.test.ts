import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ask } from '../support/clients/ask.js';
import { ANN, Host } from '../support/mounts/host.js';
import * as hostile from '../support/clients/hostile-v2.js';
import { sendHostile } from '../support/clients/send-hostile.js';
import { V2Client } from '../support/clients/v2-client.js';

/** More of them, and others, are a matter of patience: `FUZZ_RUNS=8000 FUZZ_SEED=7`. */
const RUNS = Number(process.env.FUZZ_RUNS ?? 60);
const SEED = Number(process.env.FUZZ_SEED ?? 1);

// mocha fails the run for every rejection and exception that nobody handles.
describe('whatever is sent to v2', function () {
  this.timeout(60_000 + 100 * RUNS);
  const host = new Host(undefined, 'memory', { imageSizeCap: 100_000 }).hooks();
  const id = crypto.randomUUID();

  before(async () => {
    const ann = new V2Client(host, ANN);
    await ann.create({ id, disk_format: 'raw', container_format: 'bare' });
  });

  for (const [what, requests] of Object.entries({
    'a new image': hostile.withNewImage,
    'a PATCH': hostile.withPatch(id),
    'a query': hostile.withListQuery,
    'a member': hostile.withMember(id),
    'a path': hostile.withV2Path(id),
    headers: hostile.withV2Headers(id),
    data: hostile.withData(id),
  }))
    it(`as ${what} gets an answer that is no server error, in JSON when it is an error, and harms nobody`, async () => {
      await fc.assert(
        fc.asyncProperty(requests, fc.boolean(), async (request, chunked) => {
          host.logged.length = 0;
          const { status, received } = await sendHostile(host.url, request, chunked);
          const said = JSON.stringify(host.logged, (_key, value: unknown) =>
            value instanceof Error ? value.stack : value,
          );
          assert.ok((status >= 200 && status < 500) || status === 501, `${status} ${said}`);
          const [head = '', body = ''] = received.split('\r\n\r\n', 2);
          if (status >= 400 && body !== '' && /^content-type: application\/json/im.test(head))
            assert.deepEqual(Object.keys(JSON.parse(Buffer.from(body, 'latin1').toString()) as object), [
              'error',
            ]);
          assert.equal((await ask(`${host.url}/versions`)).status, 200);
        }),
        { numRuns: RUNS, seed: SEED },
      );
    });

  it('has left lists that can be read', async () => {
    for (const query of ['?limit=1000', '?limit=1000&sort=name:asc', '?visibility=all&os_hidden=true'])
      assert.ok(await new V2Client(host, ANN).list(query));
  });
});
