import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import type { Answer } from '../support/clients/ask.js';
import { onEveryHost } from '../support/mounts/host.js';
import { FORMATS, header, imageOf, OCTETS } from '../support/clients/images-client.js';

const DATA = randomBytes(200_003);
const MD5 = createHash('md5').update(DATA).digest('hex');

onEveryHost('uploads', {}, (host) => {
  const put = (id: string, body: Buffer | string, headers = {}, chunked = false): Promise<Answer> =>
    host
      .client()
      .ask(`/v1/images/${id}`, { method: 'PUT', headers: { ...OCTETS, ...headers }, body, chunked });

  const post = (body: Buffer | string, headers = {}, chunked = false): Promise<Answer> =>
    host.client().ask('/v1/images', { method: 'POST', headers: { ...OCTETS, ...headers }, body, chunked });

  async function assertData(id: string, data: Buffer): Promise<void> {
    const answer = await host.client().ask(`/v1/images/${id}`);
    assert.equal(answer.status, 200);
    assert.ok(answer.body.equals(data));
  }

  for (const chunked of [false, true])
    it(`store what comes ${chunked ? 'in chunks' : 'with Content-Length'}`, async () => {
      const answer = await post(DATA, { ...FORMATS, 'x-image-meta-name': 'grün' }, chunked);
      const image = imageOf(answer, 201);
      assert.equal(answer.headers.etag, MD5);
      assert.equal(answer.headers.location, `${host.url}/v1/images/${image.id}`);
      const { status, size, checksum, name } = image;
      assert.deepEqual(
        { status, size, checksum, name },
        {
          status: 'active',
          size: DATA.length,
          checksum: MD5,
          name: 'grün',
        },
      );
      await assertData(image.id, DATA);
    });

  it('take a PUT for a reserved image, and keep its properties', async () => {
    const { id } = await host
      .client()
      .reserve({ ...FORMATS, 'x-image-meta-property-a': 'one', 'x-image-meta-property-b': 'two' });
    const image = imageOf(await put(id, DATA, { 'x-image-meta-property-b': 'new' }), 200);
    assert.equal(image.status, 'active');
    assert.deepEqual(image.properties, { a: 'one', b: 'new' });
    await assertData(id, DATA);
  });

  it('refuse data for an image that has some, and leave that alone', async () => {
    const { id } = await host.client().upload(DATA);
    for (const chunked of [false, true]) {
      const answer = await put(id, 'other', { 'x-image-meta-name': 'other' }, chunked);
      assert.equal(answer.status, 409);
    }
    await assertData(id, DATA);
    assert.equal((await host.client().detail(id)).name, null);
  });

  it('kill an image whose size or checksum was announced wrong', async () => {
    const before = await host.stored();
    const wrong = [
      { 'x-image-meta-size': String(DATA.length + 1) },
      { 'x-image-meta-size': String(DATA.length - 1) },
      { 'x-image-meta-checksum': '0'.repeat(32) },
      { 'x-image-meta-checksum': 'no digest' },
    ];
    for (const headers of wrong)
      for (const chunked of [false, true]) {
        const id = crypto.randomUUID();
        const answer = await post(DATA, { ...FORMATS, ...headers, 'x-image-meta-id': id }, chunked);
        assert.equal(answer.status, 400);
        assert.equal(await host.client().status(id), 'killed');
        assert.equal((await host.client().ask(`/v1/images/${id}`)).status, 404);
      }
    assert.deepEqual(await host.stored(), before);
  });

  it('take size and checksum that are right, the checksum in any case', async () => {
    for (const checksum of [MD5, MD5.toUpperCase()]) {
      const size = String(DATA.length);
      const headers = { ...FORMATS, 'x-image-meta-checksum': checksum, 'x-image-meta-size': size };
      const image = imageOf(await post(DATA, headers), 201);
      assert.equal(image.checksum, MD5);
      const answer = await host.client().ask(`/v1/images/${image.id}`, { method: 'HEAD' });
      assert.equal(header(answer, 'x-image-meta-checksum'), MD5);
    }
  });

  it('leave an image without formats queued, and take its data later', async () => {
    for (const [missing, left] of Object.entries(FORMATS)) {
      const id = crypto.randomUUID();
      const given = Object.fromEntries(Object.entries(FORMATS).filter(([name]) => name !== missing));
      const refused = await post(DATA, { ...given, 'x-image-meta-id': id });
      assert.equal(refused.status, 400);
      assert.ok(refused.text.includes(missing.replace('x-image-meta-', '')), refused.text);
      assert.equal(await host.client().status(id), 'queued');
      assert.equal((await put(id, DATA)).status, 400);
      assert.equal(await host.client().status(id), 'queued');
      imageOf(await put(id, DATA, { [missing]: left }), 200);
      await assertData(id, DATA);
    }
  });

  it('of two at once, take one and refuse the other', async () => {
    const bodies = [Buffer.alloc(150_000, 'a'), Buffer.alloc(140_000, 'b')];
    const { id } = await host.client().reserve(FORMATS);
    const before = await host.stored();
    const answers = await Promise.all(bodies.map((body) => put(id, body, {}, true)));
    const statuses = answers.map(({ status }) => status);
    assert.deepEqual([...statuses].sort(), [200, 409]);
    await assertData(id, bodies[statuses.indexOf(200)]!);
    assert.equal((await host.stored()).length, before.length + 1);
  });

  it('refuse and kill what is not octets', async () => {
    for (const type of ['text/plain', 'image/png', 'application/octet-streams']) {
      const id = crypto.randomUUID();
      const answer = await post('x', { ...FORMATS, 'content-type': type, 'x-image-meta-id': id });
      assert.equal(answer.status, 400, type);
      assert.equal(await host.client().status(id), 'killed', type);
    }
    const image = imageOf(
      await post('x', { ...FORMATS, 'content-type': 'Application/Octet-Stream; x=y' }),
      201,
    );
    assert.equal(image.size, 1);
  });

  it('are nothing but for writers', async () => {
    const before = await host.stored();
    const { id } = await host.client().reserve(FORMATS);
    for (const [token, statuses] of [
      [null, [401, 401]],
      ['eve', [401, 401]],
      ['eve:black:member', [201, 404]],
    ] as const) {
      const client = host.client(token);
      const headers = { ...OCTETS, ...FORMATS };
      const made = await client.ask('/v1/images', { method: 'POST', headers, body: DATA });
      const changed = await client.ask(`/v1/images/${id}`, {
        method: 'PUT',
        headers,
        body: DATA,
        chunked: true,
      });
      assert.deepEqual([made.status, changed.status], statuses, String(token));
    }
    assert.equal((await host.stored()).length, before.length + 1);
    assert.equal(await host.client().status(id), 'queued');
  });
});
