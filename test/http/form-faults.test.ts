import assert from 'node:assert/strict';
import type { Answer } from '../support/clients/ask.js';
import { field, file, FORM, formOf, type Part } from '../support/clients/form.js';
import { ANN, Host, onEveryMount } from '../support/mounts/host.js';
import { FORMATS, OCTETS } from '../support/clients/images-client.js';
import { RawSocket, requestHead } from '../support/clients/raw-socket.js';
import { MOUNTS } from '../support/mounts/serve.js';
import { until } from '../support/until.js';

const CAP = 1024 * 1024;
const RAW = [field('disk_format', 'raw'), field('container_format', 'bare')];
const LONG = Buffer.alloc(64 * 1024 + 1, 'x');

onEveryMount('bad forms', { imageSizeCap: CAP }, (host) => {
  let id: string;
  let before: string[];

  beforeEach(async () => {
    id = crypto.randomUUID();
    before = await host.stored();
  });

  const post = (body: Buffer, headers: Readonly<Record<string, string>> = {}): Promise<Answer> =>
    host.client().ask('/v1/images', { method: 'POST', headers: { ...FORM, ...headers }, body });

  async function assertRefused(answer: Answer, status: number, left: readonly string[]): Promise<void> {
    assert.equal(answer.status, status, answer.text);
    assert.ok(left.includes(await host.client().status(id)), await host.client().status(id));
    assert.deepEqual(await host.stored(), before);
    assert.equal((await post(formOf(...RAW, file('next')))).status, 201);
    before = await host.stored();
  }

  const faults: readonly (readonly [string, number, readonly Part[]])[] = [
    ['an unknown field', 400, [field('colour', 'red'), file('data')]],
    ['a property without a name', 400, [field('property-', 'x'), file('data')]],
    ['a field that comes twice', 400, [field('name', 'a'), field('x-image-meta-NAME', 'a'), file('data')]],
    ['a field with another spelling of itself', 400, [field('min-ram', '1'), field('min_ram', '1')]],
    ['a property that comes twice', 400, [field('property-a', '1'), field('Property_A', '2'), file('data')]],
    ['a field of more than 64 KiB', 400, [field('property-a', LONG), file('data')]],
    ['a field whose name is endless', 400, [field(`property-${'n'.repeat(400)}`, 'x'), file('data')]],
    ['a bad value', 400, [field('min_ram', 'much'), file('data')]],
    ['too many properties', 413, Array.from({ length: 129 }, (_, n) => field(`property-${n}`, 'x'))],
    ['too many fields', 413, Array.from({ length: 500 }, (_, n) => field(`property-${n}`, 'x'))],
    ['a bad value before a large file', 400, [field('size', '-1'), file(Buffer.alloc(5 * CAP))]],
  ];
  for (const [what, status, parts] of faults)
    it(`with ${what} leave no record`, async () => {
      await assertRefused(await post(formOf(field('id', id), ...RAW, ...parts)), status, ['404']);
    });

  const late: readonly (readonly [string, number, readonly Part[]])[] = [
    ['a field after the file', 400, [file('data'), field('name', 'late')]],
    ['a field after a large file', 400, [file(Buffer.alloc(700_000)), field('name', 'late')]],
    ['a second file', 400, [file('data'), file('more', 'second')]],
    ['a second file after a large one', 400, [file(Buffer.alloc(700_000)), file('more')]],
  ];
  for (const [what, status, parts] of late)
    it(`with ${what} leave no data`, async () => {
      const answer = await post(formOf(field('id', id), ...RAW, ...parts));
      await assertRefused(answer, status, ['killed']);
    });

  it('with a file over the cap leave no data, and no record when that is declared', async () => {
    const body = formOf(field('id', id), ...RAW, file(Buffer.alloc(5 * CAP)));
    await assertRefused(await post(body), 400, ['404']);
    const chunked = { method: 'POST', headers: FORM, body, chunked: true };
    await assertRefused(await host.client().ask('/v1/images', chunked), 413, ['killed']);
  });

  it('say what was wrong, also behind the file', async () => {
    const answer = await post(formOf(...RAW, file('data'), field('name', 'late')));
    assert.match(answer.text, /name comes after the file/);
  });

  it('are read to their end, so that a client that sends everything first sees the answer', async () => {
    const { id: active } = await host.client().upload('data');
    const ways = [
      ['POST', '/v1/images', 400],
      ['PUT', `/v1/images/${active}`, 400],
      ['PUT', `/v1/images/${crypto.randomUUID()}`, 404],
    ] as const;
    for (const [method, path, status] of ways) {
      const socket = await RawSocket.open(host.url);
      const body = formOf(field('name', 'no formats'), file(Buffer.alloc(10 * CAP)));
      const head = { ...FORM, 'X-Auth-Token': ANN, 'Content-Length': String(body.length) };
      socket.pause();
      await socket.send(requestHead(method, host.url + path, head));
      await socket.send(body);
      socket.resume();
      await socket.until(new RegExp(`^HTTP/1.1 ${status} `));
      await socket.send(requestHead('GET', `${host.url}/versions`, {}));
      await socket.until(/HTTP\/1\.1 200 /);
      socket.destroy();
    }
  });

  it('refuse a field that is also a header', async () => {
    const body = formOf(field('name', 'same'), file('data'));
    const headers = { ...FORMATS, 'x-image-meta-name': 'same', 'x-image-meta-id': id };
    await assertRefused(await post(body, headers), 400, ['404']);
  });

  it('refuse a form without a boundary', async () => {
    for (const type of ['multipart/form-data', 'multipart/form-data; boundary=', 'multipart/form-data;;;']) {
      const headers = { 'content-type': type, 'x-image-meta-id': id };
      await assertRefused(await post(formOf(field('name', 'x')), headers), 400, ['404']);
    }
  });

  it('refuse what ends before the closing boundary, though HTTP says that it is whole', async () => {
    const whole = formOf(field('id', id), ...RAW, file('data data data'));
    for (const cut of [1, 4, 10, 20, 30]) {
      const answer = await post(whole.subarray(0, whole.length - cut));
      // Only blanks and line ends may be missing behind the closing boundary.
      if (cut > 2) await assertRefused(answer, 400, ['killed']);
      else assert.equal(answer.status, 201);
      id = crypto.randomUUID();
      before = await host.stored();
      whole.write(id, whole.indexOf('name="id"') + 13);
    }
    await assertRefused(await post(whole.subarray(0, whole.indexOf('bare'))), 400, ['404']);
    const nameless = Buffer.from(String(formOf(field('x', 'y'))).replace('; name="x"', ''));
    await assertRefused(await post(nameless), 400, ['404']);
    const headless = String(formOf(field('x', 'y'))).replace('Content-Disposition:', '@@');
    await assertRefused(await post(Buffer.from(headless.replace(/--\r\n$/, '\r\n').repeat(9))), 400, ['404']);
    await assertRefused(await post(Buffer.from('no form at all')), 400, ['404']);
    await assertRefused(await post(Buffer.from('--')), 400, ['404']);
  });

  it('leave nothing when the client goes midway', async () => {
    const body = formOf(field('id', id), ...RAW, file(Buffer.alloc(600_000)));
    const headers = { ...FORM, 'content-length': String(body.length) };
    const request = host.client().start('/v1/images', { method: 'POST', headers });
    // It is destroyed before there is an answer.
    request.on('error', () => undefined);
    request.write(body.subarray(0, 400_000));
    await until('the upload goes on', async () => (await host.client().status(id)) === 'saving');
    request.destroy();
    await until('the image is killed', async () => (await host.client().status(id)) === 'killed');
    await until('the data is gone', async () => (await host.stored()).length === before.length);
  });
});

for (const mount of MOUNTS)
  describe(`pages of other sites, ${mount.name}`, () => {
    const anyone = () => ({ user: 'u', project: 'p', roles: [] });
    const host = new Host(mount, 'memory', { authenticate: anyone }).hooks();

    const changes: readonly (readonly [string, Readonly<Record<string, string>>, Buffer])[] = [
      ['POST', FORM, formOf(...RAW, file('data'))],
      ['POST', {}, Buffer.alloc(0)],
      ['POST', { ...OCTETS, ...FORMATS }, Buffer.from('data')],
      ['PUT', FORM, formOf(field('name', 'x'))],
      ['DELETE', {}, Buffer.alloc(0)],
    ];

    it('cannot change anything with what the browser knows', async () => {
      const { id } = await host.client(null).reserve();
      const own = `http://${new URL(host.url).host}`;
      const secure = own.replace('http:', 'https:');
      const other = [
        secure,
        'http://evil.example',
        'null',
        'http://127.0.0.1:1',
        `${own}.evil.example`,
        'x y',
      ];
      for (const [method, headers, body] of changes) {
        const path = method === 'POST' ? '/v1/images' : `/v1/images/${id}`;
        for (const origin of other) {
          const answer = await host.client(null).ask(path, { method, headers: { ...headers, origin }, body });
          assert.equal(answer.status, 403, `${method} ${origin}`);
        }
        const token = { 'x-auth-token': 'given', origin: 'http://evil.example' };
        for (const good of [{}, { origin: own }, token]) {
          if (method === 'DELETE' && !('origin' in good && good.origin === own)) continue;
          const all = { ...headers, ...good };
          const answer = await host.client(null).ask(path, { method, headers: all, body });
          assert.ok(answer.status < 300, `${method} ${answer.text}`);
        }
      }
    });

    it('may read', async () => {
      const headers = { origin: 'http://evil.example' };
      assert.equal((await host.client(null).ask('/v1/images', { headers })).status, 200);
    });

    it('are told from the own one when Host is nonsense', async () => {
      const headers = { host: 'a:b:c', origin: 'http://evil.example', 'x-forwarded-proto': 'x y' };
      const answer = await host.client(null).ask('/v1/images', { method: 'POST', headers });
      assert.equal(answer.status, 403);
    });
  });
