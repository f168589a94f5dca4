import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import type { HostApp } from '../../example/mounted.js';
import { createApp } from '../../example/mounted.js';

const SECRET = 'a secret of the test';
const IMAGE = {
  'content-type': 'application/octet-stream',
  'x-image-meta-name': 'mine',
  'x-image-meta-disk_format': 'raw',
  'x-image-meta-container_format': 'bare',
};

describe('the example of a host app', () => {
  let folder: string;
  let host: HostApp;
  let server: Server;
  let url: string;

  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'mounted-'));
    const users = new Map([
      ['ann', { password: 'a word', project: 'blue', roles: ['member'] }],
      ['bob', { password: 'b word', project: 'green', roles: ['member'] }],
    ]);
    host = createApp({ dataDir: folder, secret: SECRET, users });
    await host.ready();
    server = http.createServer(host.app);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  after(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await host.close();
    await rm(folder, { recursive: true });
  });

  async function logIn(name: string, password: string): Promise<{ status: number; cookie: string }> {
    const body = new URLSearchParams({ name, password });
    const answer = await fetch(`${url}/login`, { method: 'POST', body, redirect: 'manual' });
    const cookies = answer.headers.getSetCookie().map((cookie) => cookie.split(';', 1)[0]);
    return { status: answer.status, cookie: cookies.join('; ') };
  }

  async function names(cookie: string): Promise<string[]> {
    const answer = await fetch(`${url}/images-api/v1/images`, { headers: { cookie } });
    assert.equal(answer.status, 200);
    const { images } = (await answer.json()) as { images: { name: string }[] };
    return images.map(({ name }) => name);
  }

  it('serves its own pages, before and behind the registries', async () => {
    assert.equal(await (await fetch(`${url}/`)).text(), 'The host app.');
    const missing = await fetch(`${url}/no-such-page`);
    assert.deepEqual([missing.status, await missing.text()], [404, 'The host app has no such page.']);
  });

  it('knows callers by their session, and keeps their images apart', async () => {
    const { cookie } = await logIn('ann', 'a word');
    const created = await fetch(`${url}/images-api/v1/images`, {
      method: 'POST',
      headers: { ...IMAGE, cookie },
      body: 'the data',
    });
    assert.equal(created.status, 201);
    const { image } = (await created.json()) as { image: { id: string; owner: string } };
    assert.equal(image.owner, 'blue');
    assert.equal(created.headers.get('location'), `${url}/images-api/v1/images/${image.id}`);
    const data = await fetch(`${url}/images-api/v1/images/${image.id}`, { headers: { cookie } });
    assert.equal(await data.text(), 'the data');
    assert.deepEqual(await names(cookie), ['mine']);
    assert.deepEqual(await names((await logIn('bob', 'b word')).cookie), []);
  });

  async function statusOf(cookie: string): Promise<number> {
    const headers = { cookie, 'x-auth-token': 'root:ops:admin' };
    return (await fetch(`${url}/images-api/v1/images`, { headers })).status;
  }

  it('lets nobody in without a session of its own making', async () => {
    const { cookie } = await logIn('ann', 'a word');
    assert.equal(await statusOf(cookie), 200);
    const [session = '', signature = ''] = cookie.split('; ');
    const eve = { user: 'bob', until: Date.now() + 60_000 };
    const forged = `session=${Buffer.from(JSON.stringify(eve)).toString('base64')}`;
    for (const bad of ['', session, signature, 'session=nonsense', forged, `${forged}; ${signature}`])
      assert.equal(await statusOf(bad), 401, bad);
  });

  it('ends a session when its time is over, whatever the browser keeps', async () => {
    const { cookie } = await logIn('ann', 'a word');
    const now = Date.now;
    Date.now = () => now() + 3_600_001;
    try {
      assert.equal(await statusOf(cookie), 401);
    } finally {
      Date.now = now;
    }
    assert.equal(await statusOf(cookie), 200);
  });

  it('refuses a wrong password', async () => {
    assert.deepEqual(await logIn('ann', 'b word'), { status: 403, cookie: '' });
    assert.deepEqual(await logIn('eve', ''), { status: 403, cookie: '' });
  });

  it('has a second registry beside the first', async () => {
    const headers = { 'x-auth-token': 'ann:blue:member' };
    const created = await fetch(`${url}/scratch/v1/images`, {
      method: 'POST',
      headers: { ...IMAGE, ...headers, 'x-image-meta-name': 'elsewhere' },
      body: 'other data',
    });
    assert.equal(created.status, 201);
    const { cookie } = await logIn('ann', 'a word');
    assert.ok(!(await names(cookie)).includes('elsewhere'));
  });
});
