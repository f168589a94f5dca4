import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { onEveryMount } from '../support/mounts/host.js';
import { FORMATS, imageOf } from '../support/clients/images-client.js';
import { begun, SourceHost } from '../support/servers/source-host.js';
import { copied, LOOPBACK, md5Of, post, put } from '../support/servers/source-images.js';

const DATA = randomBytes(300_000);

onEveryMount('an image whose data is copied', LOOPBACK, (host) => {
  const source = new SourceHost().hooks();

  beforeEach(() => source.forget());

  it('is queued when the answer comes, then active with all of its data', async () => {
    const held = source.hold('/data', DATA);
    const { id, answer } = await post(host.client(), { copy: held.url });
    const image = imageOf(answer, 201);
    assert.deepEqual([image.id, image.status, image.size, image.checksum], [id, 'queued', DATA.length, null]);
    assert.equal((await host.client().ask(`/v1/images/${id}`)).status, 404);
    await begun(held);
    held.release();
    assert.equal(await copied(host, id), 'active');
    const { size, checksum } = await host.client().detail(id);
    assert.deepEqual([size, checksum], [DATA.length, md5Of(DATA)]);
    source.forget();
    const sent = await host.client().ask(`/v1/images/${id}`);
    assert.ok(sent.body.equals(DATA));
    assert.equal(source.connections, 0);
  });

  it('is made of a queued one by PUT', async () => {
    const { id } = await host.client().reserve(FORMATS);
    const answer = await put(host.client(), id, { copy: source.put('/data', DATA) });
    assert.equal(imageOf(answer, 200).status, 'queued');
    assert.equal(await copied(host, id), 'active');
    assert.ok((await host.client().ask(`/v1/images/${id}`)).body.equals(DATA));
  });

  it('is killed, and leaves no data, when its source breaks off', async () => {
    const before = await host.stored();
    const url = source.on('/data', (request, response) => {
      response.writeHead(200, { 'content-length': DATA.length });
      if (request.method === 'HEAD') response.end();
      else response.write(DATA.subarray(0, 1000), () => response.destroy());
    });
    const { id, answer } = await post(host.client(), { copy: url });
    assert.equal(answer.status, 201);
    assert.equal(await copied(host, id), 'killed');
    assert.deepEqual(await host.stored(), before);
    assert.equal((await host.client().ask(`/v1/images/${id}`)).status, 404);
    assert.deepEqual((await host.served.registry.verify()).ok, true);
  });
});
