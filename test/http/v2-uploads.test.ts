import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { answerTo } from '../support/clients/ask.js';
import { ANN, BOB, Host, onEveryMount, streams } from '../support/mounts/host.js';
import { OCTETS } from '../support/clients/images-client.js';
import { RawSocket } from '../support/clients/raw-socket.js';
import { until } from '../support/until.js';
import { READY, V2Client } from '../support/clients/v2-client.js';

const PART = Buffer.alloc(300_000, 'part ');

onEveryMount('v2 uploads', {}, (host) => {
  const ann = (): V2Client => new V2Client(host, ANN);
  const status = async (id: string): Promise<string> => (await ann().show(id)).status;

  it('make an image active, whole or in chunks, empty ones too', async () => {
    const { id } = await ann().create();
    const question = { method: 'PUT', headers: OCTETS, body: PART, chunked: true };
    const answer = await ann().ask(`/v2/images/${id}/file`, question);
    assert.deepEqual([answer.status, answer.text, answer.headers['content-type']], [204, '', undefined]);
    const image = await ann().show(id);
    assert.equal(image.status, 'active');
    assert.equal(image.checksum, createHash('md5').update(PART).digest('hex'));
    assert.equal(image.os_hash_algo, 'sha512');
    assert.equal(image.os_hash_value, createHash('sha512').update(PART).digest('hex'));
    assert.deepEqual([image.size, image.virtual_size, image.stores], [PART.length, PART.length, 'file']);
    const empty = await ann().upload('');
    assert.deepEqual([empty.status, empty.size, empty.virtual_size], ['active', 0, null]);
  });

  for (const size of ['299999', '300001'])
    it(`of another size than x-openstack-image-size says (${size}) are refused and can be done again`, async () => {
      const before = await host.stored();
      const { id } = await ann().create();
      for (const chunked of [true, false]) {
        const headers = { ...OCTETS, 'x-openstack-image-size': size };
        const answer = await ann().ask(`/v2/images/${id}/file`, {
          method: 'PUT',
          headers,
          body: PART,
          chunked,
        });
        assert.equal(answer.status, 400, answer.text);
        const image = await ann().show(id);
        assert.deepEqual([image.status, image.size, image.checksum], ['queued', null, null]);
      }
      await until('the data is gone', async () => (await host.stored()).length === before.length);
      assert.equal((await ann().put(id, PART, { 'x-openstack-image-size': '300000' })).status, 204);
      assert.equal(await status(id), 'active');
    });

  it('with words that mean nothing are refused', async () => {
    const { id } = await ann().create();
    for (const size of ['', 'x', '-1', '1.5', '9'.repeat(17)])
      assert.equal((await ann().put(id, 'x', { 'x-openstack-image-size': size })).status, 400, size);
    for (const type of ['', 'text/plain', 'application/json'])
      assert.equal((await ann().put(id, '{}', { 'content-type': type })).status, 415, type);
    assert.equal((await ann().put(id, 'x', { 'x-image-meta-store': 'nowhere' })).status, 400);
    assert.equal(await status(id), 'queued');
    // glanceclient encodes what it puts into headers, and others add parameters.
    const headers = { 'x-image-meta-store': '%66ile', 'content-type': 'Application/Octet-Stream; x=y' };
    assert.equal((await ann().put(id, 'x', headers)).status, 204);
  });

  if (!streams(host.mount)) return;

  it('leave the image queued and nothing else when the client goes', async () => {
    const before = await host.stored();
    const { id } = await ann().create();
    for (const length of [{ 'content-length': '10000000' }, { 'transfer-encoding': 'chunked' }]) {
      const request = ann().start(`/v2/images/${id}/file`, {
        method: 'PUT',
        headers: { ...OCTETS, ...length },
      });
      request.on('error', () => undefined);
      request.write(PART);
      await until('the upload goes on', async () => (await status(id)) === 'saving');
      assert.equal((await ann().ask(`/v2/images/${id}/file`)).status, 204);
      assert.equal((await ann().put(id, 'second')).status, 409);
      request.destroy();
      await until('the image is queued', async () => (await status(id)) === 'queued');
    }
    await until('the data is gone', async () => (await host.stored()).length === before.length);
    assert.equal((await ann().put(id, 'data')).status, 204);
  });

  it('end with 410 when the image is deleted', async () => {
    const before = await host.stored();
    const { id } = await ann().create();
    const headers = { ...OCTETS, 'content-length': '10000000' };
    const request = ann().start(`/v2/images/${id}/file`, { method: 'PUT', headers });
    request.on('error', () => undefined);
    request.write(PART);
    const answer = answerTo(request);
    await until('the upload goes on', async () => (await status(id)) === 'saving');
    assert.equal((await ann().ask(`/v2/images/${id}`, { method: 'DELETE' })).status, 204);
    assert.equal((await answer).status, 410);
    request.destroy();
    await until('the data is gone', async () => (await host.stored()).length === before.length);
  });
});

describe('v2 uploads that are refused', () => {
  const host = new Host(undefined, 'memory', { imageSizeCap: 1000, userStorageQuota: 1500 }).hooks();
  const ann = (): V2Client => new V2Client(host, ANN);

  it('are refused before the body is sent, in the order of the API', async () => {
    const { id } = await ann().create();
    const { id: noFormats } = await ann().create({});
    const { id: active } = await ann().upload('data');
    const foreign = await new V2Client(host, BOB).create({ ...READY, visibility: 'community' });
    const none = crypto.randomUUID();
    for (const [path, type, length, wanted] of [
      [none, 'text/plain', 5, 415],
      [none, 'application/octet-stream', 5, 404],
      ['no-uuid', 'application/octet-stream', 5, 404],
      [foreign.id, 'application/octet-stream', 5, 403],
      [active, 'application/octet-stream', 5, 409],
      [noFormats, 'application/octet-stream', 5000, 400],
      [id, 'application/octet-stream', 1001, 413],
    ] as const) {
      const socket = await RawSocket.open(host.url);
      await socket.send(
        `PUT /v2/images/${path}/file HTTP/1.1\r\nHost: x\r\nX-Auth-Token: ${ANN}\r\nExpect: 100-continue\r\n` +
          `Content-Type: ${type}\r\nContent-Length: ${length}\r\n\r\n`,
      );
      await socket.until(/\r\n\r\n/);
      assert.match(socket.received, new RegExp(`^HTTP/1.1 ${wanted} `), `${path} ${type}`);
      socket.destroy();
    }
    assert.equal((await ann().show(id)).status, 'queued');
  });

  it('are told to go on when they are wanted', async () => {
    const { id } = await ann().create();
    const socket = await RawSocket.open(host.url);
    await socket.send(
      `PUT /v2/images/${id}/file HTTP/1.1\r\nHost: x\r\nX-Auth-Token: ${ANN}\r\nExpect: 100-continue\r\n` +
        'Content-Type: application/octet-stream\r\nContent-Length: 4\r\n\r\n',
    );
    await socket.until(/^HTTP\/1.1 100 Continue\r\n\r\n/);
    await socket.send('data');
    await socket.until(/HTTP\/1.1 204 No Content\r\n/);
    socket.destroy();
  });

  it('stay queued when they pass the cap or the quota of the project', async () => {
    const { id } = await ann().create();
    for (const chunked of [true, false]) {
      const body = Buffer.alloc(1001);
      const answer = await ann().ask(`/v2/images/${id}/file`, {
        method: 'PUT',
        headers: OCTETS,
        body,
        chunked,
      });
      assert.equal(answer.status, 413, answer.text);
    }
    await ann().upload(Buffer.alloc(900));
    const body = Buffer.alloc(700);
    const answer = await ann().ask(`/v2/images/${id}/file`, {
      method: 'PUT',
      headers: OCTETS,
      body,
      chunked: true,
    });
    assert.equal(answer.status, 413, answer.text);
    const image = await ann().show(id);
    assert.deepEqual([image.status, image.size], ['queued', null]);
  });
});
