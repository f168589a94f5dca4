import { type NamedSchema, PATH, type Schema, text } from './schema.js';

const NAME = { type: 'string', maxLength: 80 };
const TIMES = {
  created_at: text('When it was made.', { readOnly: true, format: 'date-time' }),
  updated_at: text('When it was last changed.', { readOnly: true, format: 'date-time' }),
};
const TYPES = { type: 'string', enum: ['array', 'boolean', 'integer', 'number', 'object', 'string', null] };
const STRINGS = { $ref: '#/definitions/stringArray' };
const COUNT = { $ref: '#/definitions/positiveInteger' };
const COUNT_FROM_0 = { $ref: '#/definitions/positiveIntegerDefault0' };
const PROPERTY_MAP = { $ref: '#/definitions/property' };

/** What the definition of a property may say. */
const DEFINITION: Readonly<Record<string, Schema>> = {
  name: NAME,
  title: { type: 'string' },
  description: { type: 'string' },
  operators: { type: 'array', items: { type: 'string' } },
  type: TYPES,
  required: STRINGS,
  minimum: { type: 'number' },
  maximum: { type: 'number' },
  maxLength: COUNT,
  minLength: COUNT_FROM_0,
  pattern: { type: 'string', format: 'regex' },
  enum: { type: 'array' },
  readonly: { type: 'boolean' },
  default: {},
  items: { type: 'object', properties: { type: TYPES, enum: { type: 'array' } } },
  maxItems: COUNT,
  minItems: COUNT_FROM_0,
  uniqueItems: { type: 'boolean', default: false },
  additionalItems: { type: 'boolean' },
};

const COUNTS = {
  positiveInteger: { type: 'integer', minimum: 0 },
  positiveIntegerDefault0: { allOf: [{ $ref: '#/definitions/positiveInteger' }, { default: 0 }] },
};

/** The definitions that schemas with a map of properties refer to. */
export const MAP_DEFINITIONS: Schema = {
  ...COUNTS,
  stringArray: { type: 'array', items: { type: 'string' }, uniqueItems: true },
  property: {
    type: 'object',
    additionalProperties: { type: 'object', required: ['title', 'type'], properties: DEFINITION },
  },
};

/** The definitions that the schema of a single property refers to. */
export const PROPERTY_DEFINITIONS: Schema = {
  ...COUNTS,
  stringArray: { type: 'array', items: { type: 'string' }, minItems: 1, uniqueItems: true },
};

export const NAMESPACE: NamedSchema = {
  name: 'namespace',
  properties: {
    namespace: text('The name, which no other namespace has.', { maxLength: 80 }),
    display_name: text('The name for people.', { maxLength: 80 }),
    description: text('What the definitions are for.', { maxLength: 500 }),
    visibility: text('Who sees the namespace.', { enum: ['public', 'private'] }),
    protected: { type: 'boolean', description: 'Whether nothing of it can be deleted.' },
    owner: text('The project that it belongs to.', { maxLength: 255 }),
    ...TIMES,
    schema: PATH,
    self: PATH,
    resource_type_associations: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          name: { type: 'string' },
          prefix: { type: 'string' },
          properties_target: { type: 'string' },
        },
      },
    },
    properties: PROPERTY_MAP,
    objects: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          name: { type: 'string' },
          description: { type: 'string' },
          required: STRINGS,
          properties: PROPERTY_MAP,
        },
      },
    },
    tags: { type: 'array', items: { type: 'object', properties: { name: { type: 'string' } } } },
  },
  additionalProperties: false,
  required: ['namespace'],
};

export const OBJECT: NamedSchema = {
  name: 'object',
  properties: {
    name: NAME,
    description: { type: 'string' },
    required: STRINGS,
    properties: PROPERTY_MAP,
    schema: PATH,
    self: PATH,
    ...TIMES,
  },
  additionalProperties: false,
  required: ['name'],
};

/** A property in a map of properties, where its key is its name. */
export const NAMED_PROPERTY: NamedSchema = {
  name: 'property',
  properties: DEFINITION,
  additionalProperties: false,
  required: ['type', 'title'],
};

export const PROPERTY: NamedSchema = { ...NAMED_PROPERTY, required: ['type', 'title', 'name'] };

export const RESOURCE_TYPE: NamedSchema = {
  name: 'resource_type_association',
  properties: {
    name: text('The kind of resource that the definitions are for.', { maxLength: 80 }),
    prefix: text('What stands before the name of each property there.', { maxLength: 80 }),
    properties_target: text('Which of several sets of properties of that resource is meant.', {
      maxLength: 80,
    }),
    ...TIMES,
  },
  additionalProperties: false,
  required: ['name'],
};

export const TAG: NamedSchema = {
  name: 'tag',
  properties: { name: NAME, ...TIMES },
  additionalProperties: false,
  required: ['name'],
};
