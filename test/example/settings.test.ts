import assert from 'node:assert/strict';
import { flagOf, GROUPS, REGISTRY, variableOf } from '../../example/flags.js';
import type { Settings } from '../../example/flags.js';
import { readSettings } from '../../example/settings.js';
import { UsageError } from '../../example/usage-error.js';
import { DEFAULTS } from '../../lib/defaults.js';

const FLAGS = Object.assign({}, ...Object.values(GROUPS)) as Record<
  string,
  { help: string; default: unknown }
>;

function settings(args: string[], env: NodeJS.ProcessEnv = {}): Settings {
  const read = readSettings(args, env);
  assert.ok(typeof read !== 'string');
  return read;
}

function printed(...args: string[]): string {
  const text = readSettings(args, {});
  assert.ok(typeof text === 'string');
  return text;
}

/** What `--help` prints, without line breaks. */
function help(): string {
  return printed('--help').replaceAll(/\s+/g, ' ');
}

describe('settings of the example server', () => {
  it('are as the table says when nothing is given', () => {
    for (const [name, value] of Object.entries(settings([]))) {
      assert.deepEqual(value, FLAGS[name]?.default, name);
    }
  });

  it('come from flags, then from the environment', () => {
    const env = {
      IMAGE_REGISTRY_PORT: '1000',
      IMAGE_REGISTRY_IMAGE_SIZE_CAP: '2000',
      IMAGE_REGISTRY_LIMIT_MAX: '3000',
    };
    const read = settings(['--port', '4000', '--limit-max=5000'], env);
    assert.equal(read.port, 4000);
    assert.equal(read.imageSizeCap, 2000);
    assert.equal(read.limitMax, 5000);
  });

  it('take yes-or-no flags with and without a value', () => {
    assert.equal(settings(['--allow-open-none', '--port', '1']).allowOpenNone, true);
    assert.equal(settings(['--port', '1', '--allow-open-none']).allowOpenNone, true);
    assert.equal(settings(['--lenient-clients', 'false', '--port', '1']).lenientClients, false);
    assert.equal(settings(['--lenient-clients=false']).lenientClients, false);
  });

  it('take lists in one piece and in several', () => {
    const flags = ['--allow-sources', '10.0.0.0/8', '--allow-sources=fd00::/8, 192.0.2.1'];
    assert.deepEqual(settings(flags).allowSources, ['10.0.0.0/8', 'fd00::/8', '192.0.2.1']);
  });

  it('take the last of several where there can be one only', () => {
    assert.equal(settings(['--port', '1', '--port', '2']).port, 2);
  });

  it('take lists and addresses', () => {
    const read = settings([
      '--disk-formats',
      'raw, qcow2',
      '--public-endpoint',
      'https://images.example.org/x',
    ]);
    assert.deepEqual(read.diskFormats, ['raw', 'qcow2']);
    assert.equal(read.publicEndpoint, 'https://images.example.org/x');
    assert.equal(settings(['--metadata', 'redis://127.0.0.1:6379/3']).metadata, 'redis://127.0.0.1:6379/3');
  });

  it('take stores by name', () => {
    const read = settings(['--store', 'fast=disk,cold=disk:/mnt/cold', '--store', 'web=http']);
    assert.deepEqual(read.store, ['fast=disk', 'cold=disk:/mnt/cold', 'web=http']);
    assert.deepEqual(settings(['--store', 'r=redis://u:p@h:1/2']).store, ['r=redis://u:p@h:1/2']);
  });

  const refused: [args: string[], env: NodeJS.ProcessEnv, message: RegExp][] = [
    [['--nonsense', '1'], {}, /^unknown option '--nonsense'; see --help$/],
    [['--metdata', '1'], {}, /^unknown option '--metdata' \(Did you mean --metadata\?\)/],
    [['--constructor', '1'], {}, /^unknown option '--constructor'/],
    [['-p', '1'], {}, /^unknown option '-p'/],
    [['word'], {}, /^too many arguments/],
    [['--port'], {}, /^option '--port <number>' argument missing/],
    [['--port', '65536'], {}, /^--port must be a whole number from 0 to 65535$/],
    [['--port', ''], {}, /^--port must be/],
    [['--limit-max', '-1'], {}, /^--limit-max must be/],
    [['--workers', '0'], {}, /^--workers must be a whole number from 1 to 256$/],
    [['--workers', 'many'], {}, /^--workers must be a whole number/],
    [['--image-size-cap', '1e3'], {}, /^--image-size-cap must be/],
    [['--auth', 'nobody'], {}, /^--auth must be one of none, token, headers, keystone, basic$/],
    [['--lenient-clients', 'maybe'], {}, /^--lenient-clients must be one of true, false$/],
    [['--disk-formats', 'raw,,iso'], {}, /^--disk-formats must be a comma-separated list$/],
    [['--public-endpoint', 'https://x/?a'], {}, /^--public-endpoint must be an address/],
    [['--public-endpoint', 'images.example.org'], {}, /^--public-endpoint must be an address/],
    [['--blobs', 'cupboard'], {}, /^--blobs must be one of disk\|memory\|redis:/],
    [['--store', 'fast'], {}, /^--store must be name=disk\|disk:\/path\|memory\|redis:/],
    [['--store', 'fast=cupboard'], {}, /^--store must be name=disk/],
    [['--store', '=disk'], {}, /^--store must be name=disk/],
    [['--store', 'a=disk', '--store', 'a=memory'], {}, /^--store must be one store for each name$/],
    [[], { IMAGE_REGISTRY_PORT: 'tcp://10.0.0.1:80' }, /^IMAGE_REGISTRY_PORT must be/],
    [[], { IMAGE_REGISTRY_HOST: '' }, /^IMAGE_REGISTRY_HOST must be/],
    [[], { IMAGE_REGISTRY_PORTT: '1' }, /^unknown environment variable IMAGE_REGISTRY_PORTT; see --help$/],
    [['--port', '1'], { IMAGE_REGISTRY_: '' }, /^unknown environment variable IMAGE_REGISTRY_;/],
  ];
  for (const [args, env, message] of refused) {
    it(`refuse ${args.join(' ')}${JSON.stringify(env)}`, () => {
      assert.throws(
        () => readSettings(args, env),
        (error) => error instanceof UsageError && message.test(error.message),
      );
    });
  }

  it('never repeat a mistyped address, which may hold a password', () => {
    assert.throws(
      () => readSettings(['--metadata', 'rediss//ann:secret@host'], {}),
      (error) => error instanceof UsageError && !error.message.includes('secret'),
    );
  });

  it('are all in the help, with their defaults', () => {
    for (const [name, flag] of Object.entries(FLAGS)) {
      assert.ok(help().includes(` ${flagOf(name)} `), name);
      assert.ok(help().includes(flag.help), name);
    }
    assert.match(help(), /TCP port; 0 takes a free one \(default: 9292\)/);
    assert.match(variableOf('logLevel'), /^IMAGE_REGISTRY_LOG_LEVEL$/);
  });

  it('say truly what the registry does when they are not given', () => {
    for (const [name, { help: said }] of Object.entries(REGISTRY)) {
      const initial = (DEFAULTS as Readonly<Record<string, unknown>>)[name];
      if (typeof initial !== 'number' && typeof initial !== 'string' && typeof initial !== 'boolean')
        continue;
      assert.ok(said.endsWith(`(default: ${String(initial)})`), `${name}: ${said}`);
    }
  });

  it('give way to help and version, in two forms each', () => {
    assert.equal(printed('-h'), printed('--help'));
    assert.match(printed('--port', 'x', '--version'), /^\d+\.\d+\.\d+\n$/);
    assert.equal(printed('-V'), printed('--version'));
  });
});
