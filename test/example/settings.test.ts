import assert from 'node:assert/strict';
import { FLAGS } from '../../example/flags.js';
import type { Settings } from '../../example/flags.js';
import { helpText, readSettings, UsageError } from '../../example/settings.js';

function settings(args: string[], env: NodeJS.ProcessEnv = {}): Settings {
  const read = readSettings(args, env);
  assert.notEqual(read, 'help');
  return read as Settings;
}

describe('settings of the example server', () => {
  it('are as the table says when nothing is given', () => {
    for (const [name, value] of Object.entries(settings([]))) {
      assert.deepEqual(value, FLAGS[name as keyof typeof FLAGS].default, name);
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
    assert.equal(read['image-size-cap'], 2000);
    assert.equal(read['limit-max'], 5000);
  });

  it('take yes-or-no flags with and without a value', () => {
    assert.equal(settings(['--allow-open-none', '--port', '1'])['allow-open-none'], true);
    assert.equal(settings(['--port', '1', '--allow-open-none'])['allow-open-none'], true);
    assert.equal(settings(['--lenient-clients', 'false', '--port', '1'])['lenient-clients'], false);
    assert.equal(settings(['--lenient-clients=false'])['lenient-clients'], false);
  });

  it('take lists and addresses', () => {
    const read = settings([
      '--disk-formats',
      'raw, qcow2',
      '--public-endpoint',
      'https://images.example.org/x',
    ]);
    assert.deepEqual(read['disk-formats'], ['raw', 'qcow2']);
    assert.equal(read['public-endpoint'], 'https://images.example.org/x');
    assert.equal(settings(['--metadata', 'redis://127.0.0.1:6379/3']).metadata, 'redis://127.0.0.1:6379/3');
  });

  const refused: [args: string[], env: NodeJS.ProcessEnv, message: RegExp][] = [
    [['--nonsense', '1'], {}, /^--nonsense is no flag/],
    [['--constructor', '1'], {}, /^--constructor is no flag/],
    [['-p', '1'], {}, /^-p is no flag/],
    [['word'], {}, /^only flags are taken/],
    [['--port'], {}, /^--port needs a value/],
    [['--port', '65536'], {}, /^--port must be a whole number from 0 to 65535$/],
    [['--port', ''], {}, /^--port must be/],
    [['--limit-max', '-1'], {}, /^--limit-max must be/],
    [['--image-size-cap', '1e3'], {}, /^--image-size-cap must be/],
    [['--auth', 'nobody'], {}, /^--auth must be none or token or headers or keystone or basic$/],
    [['--lenient-clients', 'maybe'], {}, /^--lenient-clients must be true or false$/],
    [['--disk-formats', 'raw,,iso'], {}, /^--disk-formats must be/],
    [['--disk-formats', 'RAW'], {}, /^--disk-formats must be/],
    [['--public-endpoint', 'https://x/?a'], {}, /^--public-endpoint must be an address/],
    [['--public-endpoint', 'images.example.org'], {}, /^--public-endpoint must be an address/],
    [['--blobs', 'cupboard'], {}, /^--blobs must be disk\|memory\|redis:/],
    [[], { IMAGE_REGISTRY_PORT: 'tcp://10.0.0.1:80' }, /^IMAGE_REGISTRY_PORT must be/],
    [[], { IMAGE_REGISTRY_HOST: '' }, /^IMAGE_REGISTRY_HOST must be/],
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

  it('are all in the help', () => {
    assert.equal(readSettings(['--help'], {}), 'help');
    for (const name of Object.keys(FLAGS)) assert.match(helpText(), new RegExp(`^  --${name} `, 'm'));
  });
});
