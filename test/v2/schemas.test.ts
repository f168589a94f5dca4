import assert from 'node:assert/strict';
import { DEFAULTS } from '../../lib/defaults.js';
import { schemaDocuments } from '../../lib/v2/schemas/schema-documents.js';
import { SCHEMA_PROPERTIES } from '../../lib/v2/schemas/schema-properties.js';
import { jsonDifferences } from '../support/vectors/json-differences.js';
import { scenarios } from '../support/vectors/vectors.js';

const documents = schemaDocuments({ ...DEFAULTS, schemaProperties: SCHEMA_PROPERTIES });

describe('v2 schema documents', () => {
  const recorded = scenarios('v2')
    .find(({ name }) => name === 'v2-schemas')!
    .steps.filter(({ reply }) => reply.status === 200);

  it('are as many as were recorded', () => {
    assert.equal(documents.size, recorded.length);
  });

  for (const { request, reply } of recorded) {
    it(`${request.path} is as recorded`, () => {
      const document = documents.get(request.path.replace('/v2/schemas/', ''));
      const rules = { loose: false, mayAdd: new Set<string>() };
      assert.deepEqual(jsonDifferences(reply.json, document, 'body', new Map(), rules), []);
    });
  }

  it('show the formats and the extra properties of the operator', () => {
    const image = schemaDocuments({
      diskFormats: ['raw', 'squashfs'],
      containerFormats: ['bare'],
      schemaProperties: { flavour: { type: 'string', enum: ['sweet', 'salty'] } },
    }).get('image');
    assert.deepEqual(image?.properties.disk_format?.enum, [null, 'raw', 'squashfs']);
    assert.deepEqual(image.properties.container_format?.enum, [null, 'bare']);
    assert.deepEqual(image.properties.flavour, {
      description: 'An extra property.',
      type: 'string',
      enum: ['sweet', 'salty'],
      is_base: false,
    });
    assert.equal(image.properties.kernel_id, undefined);
  });

  it('have no word in a list or a map that is not described', () => {
    for (const [path, { properties }] of documents)
      if (path === 'image' || path === 'member' || path === 'task')
        for (const [name, schema] of Object.entries(properties))
          if (schema.readOnly !== true || name === 'status') assert.ok(schema.description, `${path} ${name}`);
  });
});
