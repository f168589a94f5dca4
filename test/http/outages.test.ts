import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import Keyv from 'keyv';
import { memoryStore, type BlobStore, type ImageRegistryOptions, type KeySpace } from '../../lib/index.js';
import type { Answer } from '../support/clients/ask.js';
import { ANN, Host } from '../support/mounts/host.js';
import { FORMATS, ImagesClient, OCTETS } from '../support/clients/images-client.js';
import { PlainKeySpace } from '../support/catalogue/plain-key-space.js';
import { MOUNTS } from '../support/mounts/serve.js';

const SECRET = 'redis://user:hunter2@10.0.0.7:6379/var/lib/secret';

/** Whether the storage of a test fails, with words that must not leave the house. */
class Fault {
  on = false;

  check(): void {
    if (this.on) throw new Error(`connect ECONNREFUSED ${SECRET}`);
  }
}

function failingKeySpace(fault: Fault): KeySpace {
  const space = new PlainKeySpace();
  space.before = () => fault.check();
  return space;
}

function failingKeyv(fault: Fault): Keyv {
  const entries = new Map<string, unknown>();
  const store = {
    opts: { throwOnErrors: true, throwOnConnectError: true },
    get: async (key: string) => {
      await guard();
      return entries.get(key);
    },
    set: async (key: string, value: unknown) => {
      await guard();
      entries.set(key, value);
      return true;
    },
    delete: async (key: string) => {
      await guard();
      return entries.delete(key);
    },
    clear: async () => {
      await guard();
      entries.clear();
    },
    on: () => store,
  };
  const guard = (): Promise<void> => Promise.resolve().then(() => fault.check());
  return new Keyv({ store, throwOnErrors: true });
}

function failingBlobs(fault: Fault): BlobStore {
  const good = memoryStore();
  const failing =
    <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      for (const arg of args) if (fault.on && arg instanceof Readable) arg.destroy();
      fault.check();
      return call(...args);
    };
  return {
    write: failing((key, data, options) => good.write(key, data, options)),
    read: failing((location, options) => good.read(location, options)),
    stat: failing((location) => good.stat(location)),
    remove: failing((location) => good.remove(location)),
    discard: failing((key) => good.discard(key)),
  };
}

/** Nothing internal is anywhere in an answer; JSON and text are both looked at. */
async function assertClosed(client: ImagesClient, path: string, method: string, statuses: readonly number[]) {
  for (const accept of ['*/*', 'application/json']) {
    const body = method === 'POST' || method === 'PUT' ? { body: 'data' } : {};
    const headers = { ...OCTETS, ...FORMATS, accept };
    const answer: Answer = await client.ask(path, { method, headers, ...body });
    assert.ok(statuses.includes(answer.status), `${method} ${path}: ${answer.status} ${answer.text}`);
    const all = `${JSON.stringify(answer.headers)} ${answer.text}`;
    assert.doesNotMatch(
      all,
      /hunter2|10\.0\.0\.7|ECONNREFUSED|\/lib\/|node_modules|at \w+ \(|store file|Keyv/,
    );
    if (answer.status === 503) assert.ok(Number(answer.headers['retry-after']) > 0);
    assert.match(String(answer.headers['x-openstack-request-id']), /^req-/);
    assert.equal(answer.headers['x-image-meta-id'], undefined);
    assert.equal(answer.headers.location, undefined);
  }
}

const spaces: readonly (readonly [
  string,
  (fault: Fault) => NonNullable<ImageRegistryOptions['metadata']>,
  number,
])[] = [
  ['a Keyv', failingKeyv, 503],
  ['a key space', failingKeySpace, 503],
];

for (const mount of MOUNTS) {
  for (const [what, make, status] of spaces)
    describe(`${what} that is down, ${mount.name}`, () => {
      const fault = new Fault();
      const host = new Host(mount, 'memory', { metadata: make(fault) }).hooks();

      it('is never "not found" nor an empty list, and says nothing', async () => {
        const { id } = await host.client().upload('data');
        fault.on = true;
        try {
          for (const one of [id, crypto.randomUUID()])
            for (const method of ['GET', 'HEAD', 'PUT', 'DELETE'])
              await assertClosed(host.client(), `/v1/images/${one}`, method, [status]);
          await assertClosed(host.client(), '/v1/images', 'POST', [status]);
          await assertClosed(host.client(), `/v1/images?marker=${id}`, 'GET', [status]);
          // The rows of a Keyv without order are in memory; its records are not.
          for (const path of ['/v1/images', '/v1/images/detail', '/v1/'])
            await assertClosed(host.client(), path, 'GET', [status]);
          assert.equal((await host.client(null).ask('/versions')).status, 200);
          assert.ok(
            host.logged.some(
              ({ level, fields }) => level === 'error' && 'requestId' in fields && 'err' in fields,
            ),
          );
        } finally {
          fault.on = false;
        }
        assert.equal((await host.client().ask(`/v1/images/${id}`)).text, 'data');
      });
    });

  describe(`a blob store that is down, ${mount.name}`, () => {
    const fault = new Fault();
    const host = new Host(mount, 'memory', { blobs: failingBlobs(fault) }).hooks();

    it('answers 503 for data and says nothing; metadata is served on', async () => {
      const { id } = await host.client().upload('data');
      const lost = crypto.randomUUID();
      fault.on = true;
      try {
        await assertClosed(host.client(), `/v1/images/${id}`, 'GET', [503]);
        await assertClosed(host.client(), '/v1/images', 'POST', [503]);
        const headers = { ...OCTETS, ...FORMATS, 'x-image-meta-id': lost };
        const answer = await host.client().ask('/v1/images', { method: 'POST', headers, body: 'data' });
        assert.equal(answer.status, 503);
        assert.equal(await host.client().status(lost), 'killed');
        assert.equal(await host.client().status(id), 'active');
        const gone = await host.client().ask(`/v1/images/${lost}`, { method: 'DELETE' });
        assert.equal(gone.status, 200);
      } finally {
        fault.on = false;
      }
      assert.equal((await host.client().ask(`/v1/images/${id}`)).text, 'data');
    });
  });
}

describe('other faults', () => {
  it('of the identity strategy are 503 and say nothing', async () => {
    const authenticate = (): never => {
      throw new Error(`cannot reach ${SECRET}`);
    };
    const host = new Host(MOUNTS[1], 'memory', { authenticate });
    await host.start();
    try {
      await assertClosed(host.client(), '/v1/images', 'GET', [503]);
      await assertClosed(host.client(), '/v1/images', 'POST', [503]);
    } finally {
      await host.stop();
    }
  });

  it('of a closed registry are 503', async () => {
    const host = new Host();
    await host.start();
    try {
      await host.served.registry.close();
      await assertClosed(new ImagesClient(host.url, ANN), '/v1/images', 'GET', [503]);
      assert.equal((await host.client(null).ask('/versions')).status, 200);
    } finally {
      await host.stop();
    }
  });

  it('of a full store are 413 and leave nothing', async () => {
    const host = new Host(MOUNTS[0], 'memory', { blobs: memoryStore({ maxBytes: 1000 }) });
    await host.start();
    try {
      for (const chunked of [false, true]) {
        const headers = { ...OCTETS, ...FORMATS };
        const body = Buffer.alloc(1001);
        const answer = await host.client().ask('/v1/images', { method: 'POST', headers, body, chunked });
        assert.equal(answer.status, 413);
        assert.match(answer.text, /does not fit/);
      }
      assert.equal((await host.client().upload(Buffer.alloc(1000))).status, 'active');
    } finally {
      await host.stop();
    }
  });
});
