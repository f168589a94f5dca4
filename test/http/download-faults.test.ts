import assert from 'node:assert/strict';
import { readdirSync, readlinkSync } from 'node:fs';
import { appendFile, readFile, rename, truncate, unlink } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { memoryStore, type BlobStore } from '../../lib/index.js';
import { ANN, Host } from '../support/mounts/host.js';
import { RawSocket, requestHead } from '../support/clients/raw-socket.js';
import { MOUNTS } from '../support/mounts/serve.js';
import { until } from '../support/until.js';

const DATA = Buffer.alloc(300_000, 'image data ');

for (const blobs of ['memory', 'disk'] as const)
  describe(`a client that leaves a download, blobs: ${blobs}`, () => {
    const host = new Host(MOUNTS[1], blobs).hooks();

    it('leaves nothing open behind, and others are served', async () => {
      const data = Buffer.alloc(24 * 1024 * 1024, 'x');
      const { id } = await host.client().upload(data);
      let sent = 0;
      host.served.registry.events.on('image.send', () => (sent += 1));
      const sockets = await Promise.all([1, 2, 3].map(() => RawSocket.open(host.url)));
      for (const socket of sockets) {
        await socket.send(requestHead('GET', `${host.url}/v1/images/${id}`, { 'X-Auth-Token': ANN }));
        await socket.until(/x-image-meta-size/i);
        socket.pause();
      }
      for (const socket of sockets) socket.destroy();
      const left = (): number => host.logged.filter(({ message }) => message.includes('went away')).length;
      await until('the server notices', () => left() === 3);
      await until('the files are closed', () => openFiles(host.folder).length === 0);
      assert.equal(sent, 0);
      const answer = await host.client().ask(`/v1/images/${id}`);
      assert.ok(answer.body.equals(data));
      await until('that one is told of', () => sent > 0);
      assert.equal(sent, 1);
    });
  });

/** Open files of this process below a folder. */
function openFiles(folder: string): string[] {
  if (folder === '') return [];
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const file = readlinkSync(`/proc/self/fd/${fd}`);
      return file.startsWith(folder) ? [file] : [];
    } catch {
      // It was closed after it was listed.
      return [];
    }
  });
}

describe('a blob that is not what its image says', () => {
  const host = new Host(MOUNTS[2], 'disk').hooks();
  let id: string;
  let file: string;

  beforeEach(async () => {
    const before = await host.stored();
    id = (await host.client().upload(DATA)).id;
    const [location] = (await host.stored()).filter((one) => !before.includes(one));
    file = path.join(host.folder, 'blobs', location ?? '');
    assert.equal((await readFile(file)).length, DATA.length);
    host.logged.length = 0;
  });

  async function assertBroken(headers: Readonly<Record<string, string>> = {}): Promise<void> {
    await assert.rejects(host.client().ask(`/v1/images/${id}`, { headers }));
    assert.ok(
      host.logged.some(({ level }) => level === 'error' || level === 'warn'),
      'the fault is logged',
    );
  }

  it('breaks the connection when it is shorter', async () => {
    await truncate(file, DATA.length - 1);
    await assertBroken();
    await assertBroken({ range: 'bytes=0-9' });
  });

  it('breaks the connection when it is longer', async () => {
    await appendFile(file, 'x');
    await assertBroken();
    await assertBroken({ range: 'bytes=0-9' });
  });

  it('breaks the connection when it is empty', async () => {
    await truncate(file, 0);
    await assertBroken();
  });

  it('breaks the connection when the image has no bytes and the blob has some', async () => {
    const before = await host.stored();
    id = (await host.client().upload('', {}, true)).id;
    const [location] = (await host.stored()).filter((one) => !before.includes(one));
    await appendFile(path.join(host.folder, 'blobs', location ?? ''), 'x');
    await assertBroken();
  });

  it('is not found when it is gone, which the log tells, and metadata can still be read', async () => {
    await unlink(file);
    const answer = await host.client().ask(`/v1/images/${id}`);
    assert.equal(answer.status, 404);
    assert.equal(answer.headers['x-image-meta-id'], undefined);
    assert.equal(answer.headers['content-type'], 'text/plain; charset=UTF-8');
    assert.ok(!answer.text.includes(host.folder) && !answer.text.includes(path.basename(file)), answer.text);
    assert.equal(await host.client().status(id), 'active');
    assert.ok(host.logged.some(({ level, message }) => level === 'error' && message.includes('missing')));
  });

  it('is unavailable while the whole store is gone', async () => {
    const away = `${host.folder}-away`;
    await rename(host.folder, away);
    try {
      const answer = await host.client().ask(`/v1/images/${id}`);
      assert.equal(answer.status, 503);
      assert.ok(Number(answer.headers['retry-after']) > 0);
      assert.ok(!answer.text.includes('host-'), answer.text);
    } finally {
      await rename(away, host.folder);
    }
    assert.ok((await host.client().ask(`/v1/images/${id}`)).body.equals(DATA));
  });
});

describe('a store that fails in the midst of a blob', () => {
  const good = memoryStore();
  let read: (data: Buffer) => Readable = (data) => Readable.from([data]);
  const bad: BlobStore = {
    write: (key, data, options) => good.write(key, data, options),
    stat: (location) => good.stat(location),
    remove: (location) => good.remove(location),
    discard: (key) => good.discard(key),
    read: () => Promise.resolve(read(DATA)),
  };
  const host = new Host(MOUNTS[0], 'memory', { blobs: bad }).hooks();

  const ways: readonly (readonly [string, (data: Buffer) => Readable])[] = [
    ['ends too early', (data) => Readable.from([data.subarray(1)])],
    ['does not end in time', (data) => Readable.from([data, Buffer.from('x')])],
    ['sends nothing', () => Readable.from([])],
    [
      'raises an error',
      (data) =>
        Readable.from(
          (async function* () {
            yield await Promise.resolve(data.subarray(0, 70_000));
            throw new Error('the disk is on fire');
          })(),
        ),
    ],
  ];
  for (const [what, broken] of ways)
    it(`breaks the connection when it ${what}`, async () => {
      const { id } = await host.client().upload(DATA);
      read = broken;
      const sent: string[] = [];
      host.served.registry.events.on('image.send', (image) => sent.push(image.id));
      const outcome = await host
        .client()
        .ask(`/v1/images/${id}`)
        .catch(() => null);
      // A fault that shows before the first byte leaves room for a real answer.
      if (outcome !== null) assert.equal(outcome.status, 503);
      read = (data) => Readable.from([data]);
      const { id: other } = await host.client().upload(DATA);
      assert.equal((await host.client().ask(`/v1/images/${other}`)).status, 200);
      await until('the good one is told of', () => sent.length > 0);
      assert.deepEqual(sent, [other]);
      host.served.registry.events.removeAllListeners();
    });
});
