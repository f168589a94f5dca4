import assert from 'node:assert/strict';
import { publicImage } from '../../lib/domain/public-image.js';
import { checkPropertyChange } from '../../lib/domain/property-protections-change.js';
import { PropertyProtections } from '../../lib/domain/property-protections.js';
import { callerOf } from '../../lib/domain/identity.js';
import { fullView } from '../../lib/v1/views.js';
import { compileSchema } from '../../lib/v2/schemas/compile-schema.js';
import { imageSchema } from '../../lib/v2/schemas/image-schema.js';
import { SCHEMA_PROPERTIES } from '../../lib/v2/schemas/schema-properties.js';
import { imageText } from '../../lib/v2/views.js';
import { DEFAULTS } from '../../lib/defaults.js';
import { sampleImage } from '../support/mounts/sample-images.js';

const view = (...given: Parameters<typeof sampleImage>): Record<string, unknown> =>
  JSON.parse(imageText(publicImage(sampleImage(...given)), SCHEMA_PROPERTIES)) as Record<string, unknown>;

describe('v2 views', () => {
  it('are as their schema says', () => {
    const check = compileSchema(imageSchema({ ...DEFAULTS, schemaProperties: SCHEMA_PROPERTIES }));
    const properties = { kernel_id: null, distro: null, os_distro: 'x', 'hw:cpu': 'y' };
    for (const image of [
      view(1, { properties, tags: ['a'] }),
      view(2, { name: null, size: 5, virtual_size: 6 }),
    ])
      check(JSON.parse(JSON.stringify(image)));
  });

  it('have times in whole seconds, and paths that begin with the version', () => {
    const { created_at, self, file, schema, id } = view(1, { created_at: '2026-01-02T03:04:05.678901' });
    assert.deepEqual(
      [created_at, self, file, schema],
      [
        '2026-01-02T03:04:05Z',
        `/v2/images/${String(id)}`,
        `/v2/images/${String(id)}/file`,
        '/v2/schemas/image',
      ],
    );
  });

  it("show of the registry's own properties how far an import is, and nothing else", () => {
    const properties = {
      os_glance_import_task: 'x',
      os_glance_importing_to_stores: 'a,b',
      os_glance_failed_import: '',
      os_glance_lock: 'y',
    };
    const shown = Object.keys(view(1, { properties })).filter((key) => key.startsWith('os_glance'));
    assert.deepEqual(shown, Object.keys(properties).slice(0, 3));
    const v1 = fullView(publicImage(sampleImage(1, { properties: { ...properties, a: 'b' } })));
    assert.deepEqual((v1 as { properties: object }).properties, { a: 'b' });
  });

  it("keep the registry's own properties through a purge", () => {
    const before = { os_glance_failed_import: 'a', mine: 'b' };
    const ann = callerOf({ user: 'ann', project: 'blue', roles: [] });
    const change = {
      named: { new: 'c' },
      purge: true,
      removed: ['os_glance_failed_import'],
      sameValueIsFree: true,
    };
    assert.deepEqual(checkPropertyChange(PropertyProtections.none, ann, before, change), {
      os_glance_failed_import: 'a',
      new: 'c',
    });
  });
});
