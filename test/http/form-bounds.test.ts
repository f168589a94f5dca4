import assert from 'node:assert/strict';
import { ReadBudget } from '../../lib/http/read-budget.js';
import { answerTo } from '../support/clients/ask.js';
import { field, file, FORM, formOf } from '../support/clients/form.js';
import { ANN, BOB, Host } from '../support/mounts/host.js';
import { RawSocket, requestHead } from '../support/clients/raw-socket.js';
import { until } from '../support/until.js';

const MIB = 1024 * 1024;
const CAP = 3 * MIB;
const RAW = [field('disk_format', 'raw'), field('container_format', 'bare')];
const JSON_TYPE = { 'content-type': 'application/json' };

const properties = (count: number, bytes: number) =>
  Array.from({ length: count }, (_, n) => field(`property-${n}`, 'x'.repeat(bytes)));

describe('what is gathered in memory', () => {
  const readers = new Host(undefined, 'memory', {
    authenticate: () => ({ user: null, project: null, roles: [], readOnly: true }),
  }).hooks();
  const host = new Host(undefined, 'memory', { imageSizeCap: CAP }).hooks();

  /** The status of the answer to a form or document of which the server has not asked for a byte. */
  async function unread(
    from: Host,
    method: string,
    path: string,
    headers: Readonly<Record<string, string>>,
  ): Promise<number> {
    const asking = { expect: '100-continue', 'content-length': '1000', ...headers };
    const request = from.client().start(path, { method, headers: asking });
    let continued = false;
    request.on('continue', () => (continued = true));
    request.flushHeaders();
    const { status } = await answerTo(request);
    assert.equal(continued, false);
    return status;
  }

  it('is not read for callers who may not write', async () => {
    for (const headers of [FORM, JSON_TYPE])
      assert.equal(await unread(readers, 'POST', '/v1/images', headers), 403);
    const id = crypto.randomUUID();
    assert.equal(await unread(readers, 'PUT', `/v1/images/${id}`, FORM), 403);
    assert.equal(await unread(readers, 'PUT', `/v1/images/${id}/members`, JSON_TYPE), 403);
    assert.equal(await unread(host, 'POST', '/v1/images', { ...FORM, 'x-auth-token': 'guest::' }), 401);
  });

  it('is not read for callers who may not change the image', async () => {
    const { id } = await host.client(BOB).reserve();
    assert.equal(await unread(host, 'PUT', `/v1/images/${id}`, FORM), 404);
    assert.equal(await unread(host, 'PUT', `/v1/images/${crypto.randomUUID()}`, FORM), 404);
  });

  it('is not read when more is declared than there may be', async () => {
    const form = { ...FORM, 'content-length': String(CAP + 2 * MIB) };
    assert.equal(await unread(host, 'POST', '/v1/images', form), 400);
    const json = { ...JSON_TYPE, 'content-length': String(MIB + 1) };
    assert.equal(await unread(host, 'POST', '/v1/images', json), 413);
    const { id } = await host.client().reserve();
    assert.equal(await unread(host, 'PUT', `/v1/images/${id}/members`, json), 413);
  });

  it('has a total for the fields of a form', async () => {
    const post = (count: number) => {
      const body = formOf(...RAW, ...properties(count, 60_000), file('data'));
      return host.client().ask('/v1/images', { method: 'POST', headers: FORM, body });
    };
    assert.equal((await post(4)).status, 201);
    const answer = await post(5);
    assert.equal(answer.status, 413);
    assert.match(answer.text, /at most 262144 bytes together/);
  });

  it('is bounded for each project and in all, whoever sends slowly', async () => {
    const head = requestHead('POST', `${host.url}/v1/images`, {
      ...FORM,
      'X-Auth-Token': ANN,
      'Transfer-Encoding': 'chunked',
    });
    const whole = formOf(...properties(4, 60_000), file('data'));
    const part = whole.subarray(0, whole.indexOf('; filename='));
    const sockets: RawSocket[] = [];
    const refusals = () => sockets.filter(({ received }) => received.startsWith('HTTP/1.1 503'));
    try {
      for (let forms = 0; forms < 90; forms += 1) {
        const socket = await RawSocket.open(host.url);
        sockets.push(socket);
        await socket.send(head);
        await socket.send(`${part.length.toString(16)}\r\n`);
        await socket.send(part);
      }
      await until('the forms of one project are bounded', () => refusals().length > 0);
      assert.match(refusals()[0]?.received ?? '', /Retry-After: \d/);
      // Small ones are never refused, nor are those of others.
      const small = { method: 'POST', headers: FORM, body: formOf(...RAW) };
      assert.equal((await host.client().ask('/v1/images', small)).status, 201);
      const body = formOf(...RAW, ...properties(4, 60_000), file('data'));
      const other = await host.client(BOB).ask('/v1/images', { method: 'POST', headers: FORM, body });
      assert.equal(other.status, 201);
    } finally {
      for (const socket of sockets) socket.destroy();
    }
  });
});

describe('the budget of bodies', () => {
  const FREE = 16 * 1024;

  it('leaves small bodies alone, and gives back what has ended', () => {
    const budget = new ReadBudget({ each: 1000, all: 1500 });
    const [one, two, three] = ['a', 'b', 'a'].map((key) => budget.begin(key)) as [
      ReturnType<ReadBudget['begin']>,
      ReturnType<ReadBudget['begin']>,
      ReturnType<ReadBudget['begin']>,
    ];
    one.add(FREE + 800);
    three.add(FREE);
    assert.throws(() => three.add(201), { code: 'unavailable' });
    two.add(FREE);
    two.add(700);
    assert.throws(() => three.add(1), { code: 'unavailable' });
    one.end();
    one.end();
    assert.equal(budget.held, 700);
    three.add(799);
    two.end();
    three.end();
    assert.equal(budget.held, 0);
  });
});
