import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { hashSync } from '@node-rs/bcrypt';
import { parse, stringify } from 'yaml';
import { startExample } from '../support/servers/example-server.js';
import { runClientWell } from '../support/clients/openstack-clients.js';
import { ROOT } from '../support/package/packed.js';

const ADDRESS = 'http://images.example.org:9292';
const PAGE = 'docs/clients.md';

/** The clouds of the page, all of its `clouds.yaml` together. */
async function cloudsOfThePage(): Promise<Record<string, unknown>> {
  const page = await readFile(path.join(ROOT, PAGE), 'utf8');
  const [whole = '', ...more] = [...page.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, text = '']) => text);
  const { clouds } = parse(whole) as { clouds: Record<string, unknown> };
  return Object.assign(clouds, ...more.map((text) => parse(text) as object)) as Record<string, unknown>;
}

describe(`the clouds.yaml of ${PAGE}`, function () {
  this.timeout(300_000);
  let folder: string;
  let clouds: Record<string, unknown>;

  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'clouds-'));
    await writeFile(path.join(folder, 'users'), `ann:${hashSync('secret', { cost: 4 })}\n`);
    clouds = await cloudsOfThePage();
  });

  after(async () => {
    await rm(folder, { recursive: true });
  });

  const flagsOf: Readonly<Record<string, () => string[]>> = {
    'images-none': () => ['--auth', 'none'],
    'images-token': () => ['--auth', 'token'],
    'images-token-discovered': () => ['--auth', 'token'],
    'images-basic': () => ['--auth', 'basic', '--htpasswd', path.join(folder, 'users')],
  };

  it('has these clouds, and one of Keystone', () => {
    assert.deepEqual(Object.keys(clouds).sort(), [...Object.keys(flagsOf), 'images-keystone'].sort());
  });

  for (const [name, flags] of Object.entries(flagsOf))
    it(`lets openstack list images as ${name}`, async () => {
      const server = await startExample(flags());
      try {
        const file = path.join(folder, 'clouds.yaml');
        await writeFile(file, stringify({ clouds }).replaceAll(ADDRESS, server.url));
        const list = ['--os-cloud', name, 'image', 'list', '-f', 'json'];
        const output = await runClientWell('openstack', list, { OS_CLIENT_CONFIG_FILE: file });
        assert.deepEqual(JSON.parse(output), []);
        assert.match(server.output().stderr, /"path":"\/v[12]\/images[^"]*","status":200/);
      } finally {
        await server.stop();
      }
    });
});
