import assert from 'node:assert/strict';
import { ADMIN, onEveryMount } from '../support/mounts/host.js';
import { FORMATS, imageOf } from '../support/clients/images-client.js';
import { SourceHost } from '../support/servers/source-host.js';
import { LOOPBACK, post, put } from '../support/servers/source-images.js';

const DATA = Buffer.from('bytes that stay where they are');

onEveryMount('an image whose data stays elsewhere', LOOPBACK, (host) => {
  const source = new SourceHost().hooks();
  let url: string;

  beforeEach(() => {
    source.forget();
    url = source.put('/data', DATA);
  });

  it('is active at once, with the size that its source tells', async () => {
    const { id, answer } = await post(host.client(), { location: url });
    const image = imageOf(answer, 201);
    assert.deepEqual([image.id, image.status, image.size, image.checksum], [id, 'active', DATA.length, null]);
    assert.equal(answer.headers.etag, undefined);
    assert.equal(await host.client().status(id), 'active');
    assert.deepEqual(source.asked, ['HEAD /data']);
    assert.deepEqual(await host.stored(), []);
  });

  it('is made of a queued one by PUT', async () => {
    const { id } = await host.client().reserve(FORMATS);
    const image = imageOf(await put(host.client(), id, { location: url }), 200);
    assert.deepEqual([image.id, image.status, image.size], [id, 'active', DATA.length]);
  });

  it('is fetched from there for each download, whole or a range', async () => {
    const { id } = await post(host.client(), { location: url });
    source.asked.length = 0;
    const whole = await host.client().ask(`/v1/images/${id}`);
    assert.deepEqual([whole.status, whole.text], [200, DATA.toString()]);
    assert.equal(whole.headers['content-length'], String(DATA.length));
    const part = await host.client().ask(`/v1/images/${id}`, { headers: { range: 'bytes=6-9' } });
    assert.deepEqual([part.status, part.text], [206, 'that']);
    assert.equal(part.headers['content-range'], `bytes 6-9/${DATA.length}`);
    assert.deepEqual(source.asked, ['GET /data', 'GET /data bytes=6-9']);
  });

  it('is deleted without a word to its source, even when that is gone', async () => {
    const { id } = await post(host.client(), { location: url });
    source.forget();
    assert.equal((await host.client().ask(`/v1/images/${id}`, { method: 'DELETE' })).status, 200);
    assert.equal(await host.client().status(id), '404');
    assert.equal(await host.client(ADMIN).status(id), 'deleted');
    assert.equal(source.connections, 0);
  });
});
