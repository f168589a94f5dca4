import assert from 'node:assert/strict';
import KeyvRedis, { createClient } from '@keyv/redis';
import Keyv from 'keyv';
import { callerOf } from '../../lib/domain/identity.js';
import { ADMIN, ANN, BOB, Host } from '../support/mounts/host.js';
import type { Question } from '../support/clients/ask.js';
import { ImagesClient } from '../support/clients/images-client.js';
import { startRedis, type TestRedis } from '../support/servers/redis.js';
import { MOUNTS } from '../support/mounts/serve.js';
import { until } from '../support/until.js';

/** The address of the next page, below the host's own. */
function pathOf(page: string): string {
  const { pathname, search } = new URL((JSON.parse(page) as { next: string }).next);
  return pathname + search;
}

/** Somebody whose project has no images. */
const EVE = 'eve:grey:member';

/** Commands that clients have sent to Redis, without those of its scripts. */
class Monitor {
  readonly #client;
  readonly #seen: string[] = [];

  constructor(url: string) {
    this.#client = createClient({ url });
  }

  async start(): Promise<void> {
    await this.#client.connect();
    await this.#client.MONITOR((line) => this.#seen.push(line));
  }

  /** The commands that `work` leads to, by their names. */
  async during(redis: TestRedis, work: () => Promise<unknown>): Promise<string[]> {
    this.#seen.length = 0;
    await work();
    const marker = createClient({ url: redis.url });
    await marker.connect();
    await marker.echo('end of the work');
    await marker.close();
    await until('Redis has told everything', () =>
      this.#seen.some((line) => line.includes('end of the work')),
    );
    return this.#seen
      .filter((line) => !line.includes(' lua] ') && line.includes('{keyv}'))
      .map((line) => /\] "(\w+)"/.exec(line)?.[1] ?? line);
  }

  stop(): void {
    this.#client.destroy();
  }
}

describe('round trips to Redis', () => {
  let redis: TestRedis;
  let keyv: Keyv;
  let monitor: Monitor;
  let host: Host;
  const ids: string[] = [];

  before(async () => {
    redis = await startRedis();
    keyv = new Keyv(new KeyvRedis(redis.url), { throwOnErrors: true });
    host = new Host(MOUNTS[0], 'memory', { metadata: keyv, sweepInterval: 0 });
    await host.start();
    const client = new ImagesClient(host.url, ANN);
    for (let n = 0; n < 60; n++) {
      const headers = {
        'x-image-meta-name': `image ${n}`,
        ...(n % 2 === 0
          ? { 'x-image-meta-disk_format': 'raw', 'x-image-meta-container_format': 'bare' }
          : {}),
      };
      const { text } = await client.ask('/v1/images', { method: 'POST', headers });
      ids.push((JSON.parse(text) as { image: { id: string } }).image.id);
    }
    monitor = new Monitor(redis.url);
    await monitor.start();
  });
  after(async () => {
    monitor.stop();
    await host.stop();
    await keyv.disconnect();
    await redis.stop();
  });

  const commandsOf = async (
    token: string,
    path: string,
    question: Question = {},
    status = 200,
  ): Promise<{ commands: string[]; text: string }> => {
    let text = '';
    const commands = await monitor.during(redis, async () => {
      const answer = await new ImagesClient(host.url, token).ask(path, question);
      assert.equal(answer.status, status, answer.text);
      text = answer.text;
    });
    return { commands, text };
  };

  it('one to show an image', async () => {
    const { commands } = await commandsOf(ANN, `/v1/images/${ids[0]!}`, { method: 'HEAD' });
    assert.deepEqual(commands, ['MGET']);
    assert.deepEqual((await commandsOf(ANN, `/v2/images/${ids[0]!}`)).commands, ['MGET']);
  });

  it('one to create an image', async () => {
    const headers = { 'x-image-meta-name': 'made' };
    const v1 = await commandsOf(BOB, '/v1/images', { method: 'POST', headers }, 201);
    assert.deepEqual(v1.commands, ['EVALSHA']);
    const json = { 'content-type': 'application/json' };
    const body = JSON.stringify({ name: 'made', tags: ['one'], os_distro: 'debian' });
    const v2 = await commandsOf(BOB, '/v2/images', { method: 'POST', headers: json, body }, 201);
    assert.deepEqual(v2.commands, ['EVALSHA']);
  });

  it('two for a default page of a project with many images, and of one without any', async () => {
    const { commands, text } = await commandsOf(ANN, '/v1/images/detail');
    assert.equal((JSON.parse(text) as { images: unknown[] }).images.length, 25);
    assert.deepEqual(commands, ['EVALSHA', 'MGET']);
    assert.deepEqual((await commandsOf(EVE, '/v1/images')).commands, ['EVALSHA']);
  });

  it('two for a page of v2, and a third to read the marker', async () => {
    const page = await commandsOf(ANN, '/v2/images');
    const { images, next = '' } = JSON.parse(page.text) as { images: unknown[]; next?: string };
    assert.equal(images.length, 25);
    assert.deepEqual(page.commands, ['EVALSHA', 'MGET']);
    assert.deepEqual((await commandsOf(ANN, next)).commands, ['MGET', 'EVALSHA', 'MGET']);
    for (const query of ['sort_key=name&sort_dir=asc', 'status=queued', 'visibility=all', 'tag=none'])
      assert.ok((await commandsOf(ANN, `/v2/images?${query}`)).commands.length <= 3, query);
  });

  it('three for any page of v1 behind a marker, which looks for the page before, too', async () => {
    for (const path of ['/v1/images', '/v1/images/detail']) {
      for (const query of ['limit=20', 'limit=20&sort_key=name&sort_dir=asc', 'limit=20&is_public=false']) {
        const first = await commandsOf(ANN, `${path}?${query}`);
        const second = await commandsOf(ANN, pathOf(first.text));
        const third = await commandsOf(ANN, pathOf(second.text));
        for (const { commands, text } of [second, third]) {
          assert.deepEqual(commands, ['MGET', 'EVALSHA', 'MGET'], query);
          assert.equal('previous' in (JSON.parse(text) as object), true);
        }
      }
    }
  });

  it('no more for several requests at once, whose reads travel together', async () => {
    const commands = await monitor.during(redis, async () => {
      const ann = callerOf({ user: 'ann', project: 'blue', roles: ['member'] });
      const { images: useCases } = host.served.registry;
      const pages = await Promise.all(Array.from({ length: 8 }, () => useCases.page(ann)));
      for (const { images } of pages) assert.equal(images.length, 25);
    });
    assert.deepEqual(commands, ['EVALSHA', 'MGET']);
  });

  it('as many for a page by a status, and for all that an admin may see', async () => {
    const queued = await commandsOf(ANN, '/v1/images/detail?status=queued&sort_key=name');
    assert.deepEqual(queued.commands, ['EVALSHA', 'MGET']);
    const all = await commandsOf(ADMIN, '/v1/images/detail?is_public=none');
    assert.deepEqual(all.commands, ['EVALSHA', 'MGET']);
  });
});
