import { STATUSES, VISIBILITIES } from '../../domain/image.js';
import { type NamedSchema, type Schema, shownText, text, textOrNull, UUID_PATTERN } from './schema.js';
import type { SchemaProperties } from './schema-properties.js';

/** What the operator decides about images, as far as schemas tell it. */
export interface ImageSchemaOptions {
  readonly diskFormats: readonly string[];
  readonly containerFormats: readonly string[];
  /** Extra properties that are known, each with its own schema. */
  readonly schemaProperties: SchemaProperties;
}

/** `GET /v2/schemas/image`: the fields of an image; what stands in no row here is an extra property, which is text. */
export function imageSchema(options: ImageSchemaOptions): NamedSchema {
  const known = Object.entries(options.schemaProperties).map(
    ([name, schema]) => [name, { description: 'An extra property.', ...schema, is_base: false }] as const,
  );
  return {
    name: 'image',
    properties: Object.fromEntries([...known, ...Object.entries(baseFields(options))]),
    additionalProperties: { type: 'string' },
    links: [
      { rel: 'self', href: '{self}' },
      { rel: 'enclosure', href: '{file}' },
      { rel: 'describedby', href: '{schema}' },
    ],
  };
}

/** The fields that every image has, Images API v2. */
function baseFields({ diskFormats, containerFormats }: ImageSchemaOptions): Record<string, Schema> {
  return {
    id: text('The uuid of the image.', { pattern: UUID_PATTERN }),
    name: textOrNull('What people call the image.', { maxLength: 255 }),
    status: shownText('Where the image is in its life.', { enum: STATUSES }),
    visibility: text('Who finds and sees the image.', { enum: VISIBILITIES }),
    protected: { type: 'boolean', description: 'Whether the image cannot be deleted.' },
    os_hidden: {
      type: 'boolean',
      description: 'Whether lists leave the image out unless asked for hidden ones.',
    },
    checksum: { ...textOrNull('The md5 of the data, in hex.', { maxLength: 32 }), readOnly: true },
    os_hash_algo: { ...textOrNull('The algorithm of os_hash_value.', { maxLength: 64 }), readOnly: true },
    os_hash_value: {
      ...textOrNull('The digest of the data by os_hash_algo, in hex.', { maxLength: 128 }),
      readOnly: true,
    },
    owner: textOrNull('The project that the image belongs to.', { maxLength: 255 }),
    size: { type: ['null', 'integer'], readOnly: true, description: 'The number of bytes of the data.' },
    virtual_size: {
      type: ['null', 'integer'],
      readOnly: true,
      description: 'The number of bytes that a guest sees of the disk.',
    },
    container_format: textOrNull('The format around the disk image.', { enum: [null, ...containerFormats] }),
    disk_format: textOrNull('The format of the disk image.', { enum: [null, ...diskFormats] }),
    created_at: shownText('When the image was made.'),
    updated_at: shownText('When the image was last changed.'),
    tags: {
      type: 'array',
      description: 'Words to find the image by, in no order.',
      items: { type: 'string', maxLength: 255 },
    },
    direct_url: shownText('Where a storage backend can reach the data itself.'),
    min_ram: { type: 'integer', description: 'The memory that the image needs to boot, in MB.' },
    min_disk: { type: 'integer', description: 'The disk that the image needs to boot, in GB.' },
    self: shownText('The path of the image.'),
    file: shownText('The path of its data.'),
    stores: shownText('The stores that hold its data, with commas between.'),
    schema: shownText('The path of the schema that describes the image.'),
    locations: LOCATIONS,
  };
}

const LOCATIONS: Schema = {
  type: 'array',
  description: 'Where the data lies.',
  items: {
    type: 'object',
    properties: {
      url: { type: 'string', maxLength: 255 },
      metadata: { type: 'object' },
      validation_data: {
        description: 'What is known of the data there.',
        type: 'object',
        writeOnly: true,
        additionalProperties: false,
        properties: {
          checksum: { type: 'string', minLength: 32, maxLength: 32 },
          os_hash_algo: { type: 'string', maxLength: 64 },
          os_hash_value: { type: 'string', maxLength: 128 },
        },
        required: ['os_hash_algo', 'os_hash_value'],
      },
    },
    required: ['url', 'metadata'],
  },
};
