import assert from 'node:assert/strict';
import { Host } from '../support/mounts/host.js';
import { imageOf, type ImagesClient } from '../support/clients/images-client.js';

type Formats = readonly [disk: string | null, container: string | null];

const headersOf = ([disk, container]: Formats): Record<string, string> => ({
  ...(disk === null ? {} : { 'x-image-meta-disk_format': disk }),
  ...(container === null ? {} : { 'x-image-meta-container_format': container }),
});

async function formatsOf(client: ImagesClient, id: string): Promise<Formats> {
  const { headers } = await client.ask(`/v1/images/${id}`, { method: 'HEAD' });
  const text = (name: string): string | null => headers[name]?.toString() ?? null;
  return [text('x-image-meta-disk_format'), text('x-image-meta-container_format')];
}

describe('formats of the Amazon family', () => {
  const host = new Host().hooks();

  it('are the same for disk and container, on POST', async () => {
    const client = host.client();
    for (const format of ['ami', 'ari', 'aki']) {
      for (const named of [
        [format, null],
        [null, format],
        [format, format],
      ] as const) {
        const { id } = await client.reserve(headersOf(named));
        assert.deepEqual(await formatsOf(client, id), [format, format]);
      }
      for (const named of [
        [format, 'bare'],
        ['raw', format],
        [format, format === 'ami' ? 'ari' : 'ami'],
      ] as const) {
        const answer = await client.ask('/v1/images', { method: 'POST', headers: headersOf(named) });
        assert.equal(answer.status, 400, answer.text);
      }
    }
  });

  it('are the same on PUT, whatever the record has', async () => {
    const client = host.client();
    const cases: readonly (readonly [before: Formats, named: Formats, after: Formats | 400])[] = [
      [
        ['raw', 'bare'],
        ['ami', null],
        ['ami', 'ami'],
      ],
      [
        ['raw', 'bare'],
        [null, 'aki'],
        ['aki', 'aki'],
      ],
      [
        ['ami', 'ami'],
        ['ari', null],
        ['ari', 'ari'],
      ],
      [
        ['ami', 'ami'],
        ['raw', 'bare'],
        ['raw', 'bare'],
      ],
      [['ami', 'ami'], ['raw', null], 400],
      [['ami', 'ami'], [null, 'bare'], 400],
      [['raw', 'bare'], ['ami', 'bare'], 400],
      [['raw', 'bare'], ['ami', 'ari'], 400],
      [
        [null, null],
        ['ami', null],
        ['ami', 'ami'],
      ],
      [
        [null, 'bare'],
        ['raw', null],
        ['raw', 'bare'],
      ],
    ];
    for (const [before, named, after] of cases) {
      const { id } = await client.reserve(headersOf(before));
      const answer = await client.ask(`/v1/images/${id}`, { method: 'PUT', headers: headersOf(named) });
      const what = `${String(before)}: ${String(named)}: ${answer.text}`;
      assert.equal(answer.status, after === 400 ? 400 : 200, what);
      assert.deepEqual(await formatsOf(client, id), after === 400 ? before : after, what);
    }
  });

  it("are v1's alone, and v1 leaves what it does not name", async () => {
    const { images } = host.served.registry;
    const caller = { user: 'ann', project: 'blue', roles: [], admin: false, readOnly: false };
    const { id } = await images.create(caller, { disk_format: 'ami', container_format: 'bare' });
    const headers = { 'x-image-meta-name': 'new' };
    imageOf(await host.client().ask(`/v1/images/${id}`, { method: 'PUT', headers }), 200);
    assert.deepEqual(await formatsOf(host.client(), id), ['ami', 'bare']);
  });
});
