import assert from 'node:assert/strict';
import { devTokens, memoryStore, RegistryError, type Authenticate } from '../../lib/index.js';
import { ANN, Host } from '../support/mounts/host.js';
import { PlainKeySpace } from '../support/catalogue/plain-key-space.js';
import { V2Client } from '../support/clients/v2-client.js';
import { READY } from '../support/clients/v2-client.js';
import { MOUNTS } from '../support/mounts/serve.js';

/** What is down. */
const down = { metadata: false, blobs: false, identity: false };

function fail(what: keyof typeof down): void {
  if (down[what]) throw new Error('connect ECONNREFUSED 10.0.0.7:6379');
}

function failingSpace(): PlainKeySpace {
  const space = new PlainKeySpace();
  space.before = () => fail('metadata');
  return space;
}

function failingBlobs(): ReturnType<typeof memoryStore> {
  const store = memoryStore();
  const write = store.write.bind(store);
  return Object.assign(store, {
    write: (...given: Parameters<typeof write>) => {
      if (down.blobs) given[1].destroy();
      fail('blobs');
      return write(...given);
    },
  });
}

function failingIdentity(): Authenticate {
  const tokens = devTokens();
  return Object.assign(
    (request: Parameters<Authenticate>[0]) => {
      if (down.identity) throw new RegistryError('unavailable', 'Keystone is down');
      return tokens(request);
    },
    { challenge: tokens.challenge ?? '' },
  );
}

describe('v2 while something is down', () => {
  const host = new Host(MOUNTS[0], 'memory', {
    metadata: failingSpace(),
    blobs: failingBlobs(),
    authenticate: failingIdentity(),
    sweepInterval: 0,
  }).hooks();
  const ann = (): V2Client => new V2Client(host, ANN);

  afterEach(() => {
    down.metadata = down.blobs = down.identity = false;
  });

  for (const what of ['metadata', 'identity', 'blobs'] as const)
    it(`answers 500 to data, never 503, which clients repeat with a body that is used up: ${what}`, async () => {
      const { id } = await ann().create();
      down[what] = true;
      const answer = await ann().put(id, 'data');
      assert.equal(answer.status, 500, answer.text);
      assert.equal(answer.headers['retry-after'], undefined);
      assert.deepEqual(JSON.parse(answer.text), {
        error: {
          code: 500,
          title: 'Internal Server Error',
          message: 'The server failed to answer this request.',
        },
      });
      down[what] = false;
      assert.equal((await ann().show(id)).status, 'queued');
      assert.equal((await ann().put(id, 'data')).status, 204);
    });

  for (const what of ['metadata', 'identity'] as const)
    it(`answers 503 to all else, never 404 or an empty list: ${what}`, async () => {
      const { id } = await ann().upload('data', { name: 'there' });
      down[what] = true;
      const asked = [
        await ann().ask('/v2/images'),
        await ann().ask(`/v2/images/${id}`),
        await ann().ask(`/v2/images/${id}/file`),
        await ann().ask(`/v2/images/${id}/members`),
        await ann().ask(`/v2/images/${id}`, { method: 'DELETE' }),
        await ann().ask(`/v2/images/${id}/tags/x`, { method: 'PUT' }),
        await ann().send('POST', '/v2/images', READY),
        await ann().patch(id, { op: 'add', path: '/x', value: 'y' }),
      ];
      for (const { status, headers, text } of asked) {
        assert.equal(status, 503, text);
        assert.equal(headers['retry-after'], '5');
        assert.doesNotMatch(text, /10\.0\.0\.7|Keystone/);
      }
      down[what] = false;
      assert.equal((await ann().show(id)).name, 'there');
    });
});
