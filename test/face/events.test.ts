import assert from 'node:assert/strict';
import type { Happening, PublicImage, RegistryEvents } from '../../lib/index.js';
import { ANN as ANN_TOKEN, Host } from '../support/mounts/host.js';
import { ANN, FaceHost, FORMATS, MIA, ROOT } from '../support/access/face.js';
import { SourceHost } from '../support/servers/source-host.js';
import { until } from '../support/until.js';

const EVENTS = [
  'image.create',
  'image.upload',
  'image.activate',
  'image.update',
  'image.deactivate',
  'image.reactivate',
  'image.delete',
  'image.copy',
  'image.send',
] as const satisfies readonly (keyof RegistryEvents)[];

/** Notes who made what happen. */
function listen(registry: FaceHost['registry']): string[] {
  const told: string[] = [];
  for (const name of EVENTS)
    registry.events.on(name, (image: PublicImage, { by }: Happening) => {
      for (const hidden of ['locations', 'blobs', 'store', 'members']) assert.ok(!(hidden in image));
      told.push([name, by.user, by.project, by.requestId ?? '-'].join(' '));
    });
  return told;
}

describe('events', () => {
  const source = new SourceHost().hooks();
  const host = new FaceHost({ sources: { networks: ['127.0.0.0/8'] } });

  it('tell who made something happen', async () => {
    const { images, members } = host.registry;
    const told = listen(host.registry);
    const { id } = await images.create(ANN, FORMATS);
    await images.upload(ROOT, id, { data: Buffer.from('data') });
    await images.update(ANN, id, { name: 'new' });
    await images.deactivate(ANN, id);
    await images.deactivate(ANN, id);
    await images.reactivate(ROOT, id);
    await members.put(ANN, id, 'green');
    const { image, size } = await images.download(MIA, id);
    images.sent(MIA, image, size);
    await images.remove(ANN, id);
    assert.deepEqual(told, [
      'image.create ann blue req-ann',
      'image.upload root red -',
      'image.activate root red -',
      'image.update ann blue req-ann',
      'image.deactivate ann blue req-ann',
      'image.reactivate root red -',
      'image.update ann blue req-ann',
      'image.send mia green -',
      'image.delete ann blue req-ann',
    ]);
  });

  it('tell whose copy it is', async () => {
    const { images } = host.registry;
    const told = listen(host.registry);
    const copyFrom = source.put('/data', Buffer.from('data'));
    const { id } = await images.create(ANN, FORMATS, { copyFrom });
    await until('it is copied', async () => (await images.show(ANN, id)).status === 'active');
    assert.deepEqual([...new Set(told)].sort(), [
      'image.activate ann blue req-ann',
      'image.copy ann blue req-ann',
      'image.create ann blue req-ann',
      'image.upload ann blue req-ann',
    ]);
    await images.create(ROOT, FORMATS, { location: copyFrom });
    assert.deepEqual(told.slice(-2), ['image.create root red -', 'image.activate root red -']);
  });
});

describe('events of requests', () => {
  const host = new Host().hooks();

  it('tell which request it was', async () => {
    const told = listen(host.served.registry);
    const headers = { 'x-openstack-request-id': 'req-mine' };
    const { id } = await host.client(ANN_TOKEN).upload('data', headers);
    await host.client(ANN_TOKEN).ask(`/v1/images/${id}`, { headers });
    await until('it is told', () => told.length === 4);
    assert.deepEqual(
      told,
      ['create', 'upload', 'activate', 'send'].map((name) => `image.${name} ann blue req-mine`),
    );
  });
});
