import assert from 'node:assert/strict';
import { once } from 'node:events';
import { ask, answerTo } from '../support/clients/ask.js';
import { ANN, Host, onEveryHost, streams } from '../support/mounts/host.js';
import { FORMATS, OCTETS } from '../support/clients/images-client.js';
import { RawSocket, requestHead } from '../support/clients/raw-socket.js';
import { MOUNTS } from '../support/mounts/serve.js';

const CAP = 1024 * 1024;
const TOO_MUCH = Buffer.alloc(12 * CAP, 'x');

onEveryHost('the size cap', { imageSizeCap: CAP }, (host) => {
  it('lets an image of just that size pass', async () => {
    for (const chunked of [false, true])
      assert.equal((await host.client().upload(TOO_MUCH.subarray(0, CAP), {}, chunked)).size, CAP);
  });

  it('refuses a declared size at once and leaves no record', async () => {
    const id = crypto.randomUUID();
    const headers = { ...OCTETS, ...FORMATS, 'x-image-meta-id': id };
    const answer = await host.client().ask('/v1/images', { method: 'POST', headers, body: TOO_MUCH });
    assert.equal(answer.status, 400);
    assert.equal(await host.client().status(id), '404');
  });

  it('refuses with 413 what only counting tells, while the client still sends', async () => {
    const before = await host.stored();
    const id = crypto.randomUUID();
    const headers = { ...OCTETS, ...FORMATS, 'x-image-meta-id': id };
    const question = { method: 'POST', headers, body: TOO_MUCH, chunked: true };
    const answer = await host.client().ask('/v1/images', question);
    assert.equal(answer.status, 413);
    assert.equal(await host.client().status(id), 'killed');
    assert.deepEqual(await host.stored(), before);
  });

  it('tells so a client that reads only after it has sent everything', async () => {
    const socket = await RawSocket.open(host.url);
    const head = { ...OCTETS, ...FORMATS, 'X-Auth-Token': ANN, 'Transfer-Encoding': 'chunked' };
    socket.pause();
    await socket.send(requestHead('POST', `${host.url}/v1/images`, head));
    for (let sent = 0; sent < TOO_MUCH.length; sent += CAP) {
      await socket.send(`${CAP.toString(16)}\r\n`);
      await socket.send(TOO_MUCH.subarray(sent, sent + CAP));
      await socket.send('\r\n');
    }
    await socket.send('0\r\n\r\n');
    socket.resume();
    await socket.until(/^HTTP\/1\.1 413 /);
    // The connection is still good.
    await socket.send(requestHead('GET', `${host.url}/versions`, {}));
    await socket.until(/HTTP\/1\.1 200 /);
    socket.destroy();
  });
});

for (const mount of MOUNTS.filter((one) => one.prepared && streams(one)))
  describe(`Expect: 100-continue, ${mount.name}`, () => {
    const host = new Host(mount, 'memory', { imageSizeCap: CAP }).hooks();

    const begin = (length: number, more: Readonly<Record<string, string>> = {}) => {
      const expect = { expect: '100-continue', 'content-length': String(length) };
      const headers = { ...OCTETS, ...FORMATS, ...expect, ...more };
      const request = host.client().start('/v1/images', { method: 'POST', headers });
      const seen: string[] = [];
      request.on('continue', () => seen.push('continue'));
      request.flushHeaders();
      return { request, seen };
    };

    it('refuses a body that is declared too large before it is sent', async () => {
      const { request, seen } = begin(TOO_MUCH.length);
      assert.equal((await answerTo(request)).status, 400);
      assert.deepEqual(seen, []);
    });

    it('refuses strangers, bad metadata and missing formats before the body is sent', async () => {
      for (const [headers, status] of [
        [{ 'x-auth-token': 'nobody' }, 401],
        [{ 'x-image-meta-colour': 'red' }, 400],
        [{ 'x-image-meta-store': 'nowhere' }, 400],
        [{ 'x-image-meta-is_public': 'true' }, 403],
        [{ 'content-type': 'text/plain' }, 400],
      ] as const) {
        const { request, seen } = begin(5, headers);
        assert.equal((await answerTo(request)).status, status);
        assert.deepEqual(seen, []);
      }
    });

    it('asks for a body that is wanted', async () => {
      const { request, seen } = begin(5);
      await once(request, 'continue');
      const answer = answerTo(request);
      request.end('bytes');
      assert.equal((await answer).status, 201);
      assert.deepEqual(seen, ['continue']);
    });

    it('asks for the body of a form, and leaves other routes of the server alone', async () => {
      const boundary = 'multipart/form-data; boundary=b';
      const { request } = begin(7, { 'content-type': boundary });
      await once(request, 'continue');
      const answer = answerTo(request);
      request.end('--b--\r\n');
      assert.equal((await answer).status, 201);
      const other = await ask(`${host.url}/versions`, { headers: { expect: '100-continue' } });
      assert.equal(other.status, 200);
    });
  });
