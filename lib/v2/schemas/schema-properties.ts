import { isBaseAttribute, isReserved } from '../bodies/attributes.js';
import { UUID_PATTERN } from './schema.js';

/**
 * What a known extra property must be, in JSON Schema: `type` is `string`, or `['null', 'string']` where null is a value too. Limits count
 * characters; a pattern is a regular expression, searched.
 */
export interface SchemaProperty {
  readonly type: 'string' | readonly ['null', 'string'];
  readonly description?: string;
  readonly enum?: readonly (string | null)[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
}

/** Known extra properties by name. */
export type SchemaProperties = Readonly<Record<string, SchemaProperty>>;

/** The extra properties that compute and block storage agree on, as the file that comes with Glance has them. */
export const SCHEMA_PROPERTIES: SchemaProperties = {
  kernel_id: {
    type: ['null', 'string'],
    pattern: UUID_PATTERN,
    description: 'The image of the kernel to boot with, for disk images that hold none.',
  },
  ramdisk_id: {
    type: ['null', 'string'],
    pattern: UUID_PATTERN,
    description: 'The image of the ramdisk to boot with, for disk images that hold none.',
  },
  instance_uuid: {
    type: 'string',
    description: 'The server that this image is a snapshot of; nothing checks it.',
  },
  architecture: { type: 'string', description: 'The processor architecture that the guest runs on.' },
  os_distro: { type: 'string', description: 'The common name of the operating system, in lower case.' },
  os_version: {
    type: 'string',
    description: 'The version of the operating system, as its distributor writes it.',
  },
  description: { type: 'string', description: 'A few words for people on what the image is.' },
  cinder_encryption_key_id: {
    type: 'string',
    description: 'The key, in the key manager, that the image is encrypted with.',
  },
  cinder_encryption_key_deletion_policy: {
    type: 'string',
    enum: ['on_image_deletion', 'do_not_delete'],
    description: 'Whether the encryption key is deleted together with the image.',
  },
};

/**
 * Refuses what no extra property can be.
 * @throws TypeError that names the property
 */
export function checkSchemaProperties(properties: SchemaProperties): void {
  for (const [name, { pattern }] of Object.entries(properties)) {
    const option = `createImageRegistry: option schemaProperties.${name}`;
    if (isBaseAttribute(name)) throw new TypeError(`${option} is an attribute that every image has`);
    if (isReserved(name)) throw new TypeError(`${option} is a reserved name`);
    if (pattern !== undefined && !isPattern(pattern))
      throw new TypeError(`${option}.pattern is not a regular expression`);
  }
}

function isPattern(text: string): boolean {
  try {
    new RegExp(text, 'u');
    return true;
  } catch {
    return false;
  }
}
