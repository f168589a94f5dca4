import assert from 'node:assert/strict';
import { RegistryError, type CreateIntent, type Hooks, type UploadIntent } from '../../lib/index.js';
import { ANN, EVE, FaceHost, FORMATS, refusal, ROOT } from '../support/access/face.js';
import { Host } from '../support/mounts/host.js';
import { OCTETS } from '../support/clients/images-client.js';
import { SourceHost } from '../support/servers/source-host.js';

/** Hooks that a test says what to do, and what they were asked. */
class Asked implements Required<Hooks> {
  readonly asked: string[] = [];
  answer: (intent: CreateIntent) => Promise<void> | void = () => undefined;

  readonly beforeCreate = async (intent: CreateIntent): Promise<void> => {
    this.asked.push(`create ${intent.caller.user} ${intent.image.name}`);
    await this.answer(intent);
  };

  readonly beforeUpload = async (intent: UploadIntent): Promise<void> => {
    const { caller, image, from, size } = intent;
    this.asked.push(`upload ${caller.user} ${image.name} ${from} ${size}`);
    await this.answer(intent);
  };
}

const DATA = Buffer.from('data');

describe('hooks', () => {
  const source = new SourceHost().hooks();
  let hooks = new Asked();
  const host = new FaceHost({
    sources: { networks: ['127.0.0.0/8'] },
    hooks: {
      beforeCreate: (intent) => hooks.beforeCreate(intent),
      beforeUpload: (intent) => hooks.beforeUpload(intent),
    },
  });

  beforeEach(() => {
    hooks = new Asked();
  });

  it('are asked what is about to happen, by whom', async () => {
    const { images } = host.registry;
    const url = source.put('/data', DATA);
    const made = await images.create(ANN, { ...FORMATS, name: 'a' });
    await images.create(ANN, { ...FORMATS, name: 'b' }, { data: DATA });
    await images.create(ROOT, { ...FORMATS, name: 'c' }, { copyFrom: url });
    await images.create(ROOT, { ...FORMATS, name: 'd' }, { location: url });
    await images.upload(ROOT, made.id, { data: DATA });
    const put = await images.create(ANN, { ...FORMATS, name: 'e' });
    await images
      .update(
        ANN,
        put.id,
        { name: 'f' },
        { data: { open: () => assert.fail(), length: null, refusal: 'no' } },
      )
      .catch(() => undefined);
    const last = await images.create(ANN, { ...FORMATS, name: 'g' });
    await images.update(ANN, last.id, { name: 'h' }, { data: DATA });
    assert.deepEqual(hooks.asked, [
      'create ann a',
      'create ann b',
      'upload ann b data 4',
      'create root c',
      'upload root c copyFrom 4',
      'create root d',
      'upload root d location 4',
      'upload root a data 4',
      'create ann e',
      'create ann g',
      'upload ann h data 4',
    ]);
  });

  it('refuse in words of their own, and then nothing has happened', async () => {
    const { images } = host.registry;
    const { id } = await images.create(ANN, FORMATS);
    hooks.answer = ({ signal }) => {
      assert.ok(!signal.aborted);
      return Promise.reject(new RegistryError('conflict', 'Not on a Friday.'));
    };
    const friday = refusal('conflict', /^Not on a Friday\.$/);
    await assert.rejects(images.create(ANN), friday);
    await assert.rejects(images.upload(ANN, id, { data: DATA }), friday);
    await assert.rejects(images.update(ANN, id, { name: 'new' }, { data: DATA }), friday);
    const { name, status } = await images.show(ANN, id);
    assert.deepEqual([name, status, (await images.page(ANN)).images.length], [null, 'queued', 1]);
    hooks.answer = (intent) => {
      if ('from' in intent) throw new RegistryError('forbidden', 'No data today.');
    };
    await assert.rejects(images.create(ANN, FORMATS, { data: DATA }), refusal('forbidden', /No data today/));
    assert.equal((await images.page(ANN)).images.length, 1);
  });

  it('are not asked about what is refused anyway', async () => {
    const { images } = host.registry;
    const { id } = await images.create(ANN, FORMATS);
    hooks.asked.length = 0;
    for (const work of [
      images.create(ANN, { visibility: 'public' }),
      images.create(ANN, { min_ram: -1 }),
      images.upload(EVE, id, { data: DATA }),
      images.update(EVE, id, {}, { data: DATA }),
    ])
      await assert.rejects(work);
    assert.deepEqual(hooks.asked, []);
  });

  it('are not waited for longer than the caller waits', async () => {
    const { images } = host.registry;
    const leaving = new AbortController();
    hooks.answer = () => {
      leaving.abort(new Error('gone'));
      return new Promise<void>(() => undefined);
    };
    await assert.rejects(images.create(ANN, {}, { signal: leaving.signal }), /gone/);
    assert.deepEqual((await images.page(ANN)).images, []);
  });
});

describe('hooks over HTTP', () => {
  let answer: () => void = () => undefined;
  const host = new Host(undefined, 'memory', {
    hooks: { beforeCreate: () => answer(), beforeUpload: () => answer() },
  }).hooks();

  it('give the answer, and their faults stay at home', async () => {
    answer = () => {
      throw new RegistryError('forbidden', 'Images are made by the build alone.');
    };
    const post = { method: 'POST', headers: OCTETS, body: 'data' };
    const refused = await host.client().ask('/v1/images', post);
    assert.equal(refused.status, 403);
    assert.match(refused.text, /made by the build alone/);
    answer = () => {
      throw new Error('a secret of the house');
    };
    const failed = await host.client().ask('/v1/images', post);
    assert.equal(failed.status, 500);
    assert.doesNotMatch(failed.text, /secret/);
    assert.ok(host.logged.some(({ level }) => level === 'error'));
  });
});
