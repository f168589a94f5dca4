import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { DEFAULTS } from './defaults.js';
import { IMPORT_METHODS } from './domain/import-task.js';
import type { ImageRegistryOptions } from './options.js';
import { checkSchemaProperties, type SchemaProperties } from './v2/schemas/schema-properties.js';

const positive = { type: 'integer', minimum: 1 };
const formats = { type: 'array', items: { type: 'string', pattern: '^[a-z0-9_-]{1,20}$' }, minItems: 1 };
/** No segment begins with a dot, and nothing is encoded: nginx would decode it. */
const accelPrefix = { type: 'string', pattern: '^(/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$', maxLength: 200 };
const methods = (...names: string[]): object => ({ type: 'object', methods: names });

const SCHEMA_PROPERTY = {
  type: 'object',
  additionalProperties: false,
  required: ['type'],
  properties: {
    type: { enum: ['string', ['null', 'string']] },
    description: { type: 'string' },
    enum: { type: 'array', items: { type: ['string', 'null'] }, minItems: 1, uniqueItems: true },
    pattern: { type: 'string' },
    minLength: { type: 'integer', minimum: 0 },
    maxLength: { type: 'integer', minimum: 0 },
  },
};

const SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: ['authenticate'],
  properties: {
    authenticate: { callable: true },
    dataDir: { type: 'string', minLength: 1 },
    metadata: {
      anyOf: [methods('get', 'set', 'delete'), methods('open', 'get', 'scanMany', 'commit', 'close')],
    },
    blobs: {
      anyOf: [
        methods('write', 'read', 'stat', 'remove', 'discard'),
        {
          type: 'object',
          additionalProperties: false,
          required: ['stores', 'defaultStore'],
          properties: {
            // What each of them must be, readNamedStores tells by name.
            stores: { type: 'object', minProperties: 1 },
            defaultStore: { type: 'string' },
          },
        },
      ],
    },
    staging: { anyOf: [methods('write', 'read', 'stat', 'remove', 'discard'), { type: 'string' }] },
    accelRedirect: {
      anyOf: [
        accelPrefix,
        {
          type: 'object',
          additionalProperties: false,
          required: ['prefix'],
          properties: {
            prefix: accelPrefix,
            from: { type: 'array', items: { type: 'string' }, minItems: 1 },
          },
        },
      ],
    },
    publicEndpoint: { type: 'string', pattern: '^https?://[^\\s?#]+$' },
    allowedOrigins: { type: 'array', items: { type: 'string' } },
    unknownPaths: { enum: ['choices', 'notFound', 'next'] },
    versions: { type: 'array', items: { enum: ['v1', 'v2'] }, minItems: 1, uniqueItems: true },
    lenientClients: { type: 'boolean' },
    limitDefault: positive,
    limitMax: positive,
    imageSizeCap: positive,
    imagePropertyQuota: { type: 'integer', minimum: 0 },
    imageTagQuota: { type: 'integer', minimum: 0 },
    indexedProperties: {
      type: 'array',
      items: { type: 'string', minLength: 1, maxLength: 255 },
      maxItems: 32,
      uniqueItems: true,
    },
    imageMemberQuota: { type: 'integer', minimum: 0 },
    imageLocationQuota: { type: 'integer', minimum: 0 },
    imageCountQuota: { type: 'integer', minimum: 0 },
    userStorageQuota: { anyOf: [{ type: 'integer', minimum: 0 }, { type: 'string' }] },
    importMethods: { type: 'array', items: { enum: IMPORT_METHODS }, uniqueItems: true },
    userStagingQuota: { anyOf: [{ type: 'integer', minimum: 0 }, { type: 'string' }] },
    stagingTime: { type: 'number', exclusiveMinimum: 0 },
    policy: { anyOf: [{ enum: ['owner', 'secure-rbac'] }, { type: 'object' }] },
    policyFile: { type: 'string', minLength: 1 },
    propertyProtections: { type: 'array' },
    propertyProtectionsFile: { type: 'string', minLength: 1 },
    propertyProtectionsFormat: { enum: ['roles', 'policies'] },
    hooks: {
      type: 'object',
      additionalProperties: false,
      properties: { beforeCreate: { callable: true }, beforeUpload: { callable: true } },
    },
    diskFormats: formats,
    containerFormats: formats,
    hashAlgorithm: { enum: ['sha256', 'sha384', 'sha512'] },
    hashThreads: { type: 'integer', minimum: 0, maximum: 1024 },
    schemaProperties: {
      type: 'object',
      propertyNames: { minLength: 1, maxLength: 255 },
      additionalProperties: SCHEMA_PROPERTY,
    },
    sources: { type: 'object' },
    showMultipleLocations: { type: 'boolean' },
    showDirectUrl: { type: 'boolean' },
    copyConcurrency: positive,
    copyQueue: { type: 'integer', minimum: 0 },
    delayedDelete: { type: 'boolean' },
    scrubTime: { type: 'number', minimum: 0 },
    keepDeletedDays: { type: 'number', minimum: 0 },
    leaseTime: { type: 'number', exclusiveMinimum: 0 },
    sweepInterval: { type: 'number', minimum: 0 },
    metadataDeadline: positive,
    blobDeadline: positive,
    logger: methods('debug', 'info', 'warn', 'error'),
  },
};

/** Compiled for the first registry of the process. */
let validator: ValidateFunction | undefined;

/**
 * Checks the options of a registry.
 * @throws TypeError whose message names the option
 */
export function checkOptions(options: unknown): asserts options is ImageRegistryOptions {
  validator ??= compileSchema();
  if (validator(options)) {
    checkTogether(options as Readonly<Record<string, unknown>>);
    return;
  }
  // The outermost error of an anyOf comes last and names the option itself.
  throw new TypeError(messageOf(validator.errors?.at(-1)));
}

function compileSchema(): ValidateFunction {
  const ajv = new Ajv({
    strict: true,
    allErrors: false,
    strictRequired: false,
    allowUnionTypes: true,
    meta: false,
    validateSchema: false,
    code: { optimize: false },
  });
  ajv.addKeyword({
    keyword: 'callable',
    validate: (_wanted: boolean, value: unknown) => typeof value === 'function',
    errors: false,
  });
  // Methods may stand in a class: they are looked for along the prototype chain, which JSON Schema does not see.
  ajv.addKeyword({
    keyword: 'methods',
    type: 'object',
    schemaType: 'array',
    validate: (names: string[], value: Record<string, unknown>) =>
      names.every((name) => typeof value[name] === 'function'),
    errors: false,
  });
  return ajv.compile(SCHEMA);
}

function messageOf(error: ErrorObject | undefined): string {
  const path = error?.instancePath.slice(1).replaceAll('/', '.') ?? '';
  const { additionalProperty, missingProperty, allowedValues } = (error?.params ?? {}) as Record<
    string,
    unknown
  >;
  const at = (name: unknown): string =>
    `option ${[path, String(name)].filter((part) => part !== '').join('.')}`;
  switch (error?.keyword) {
    case 'additionalProperties':
      return `createImageRegistry: there is no ${at(additionalProperty)}`;
    case 'required':
      return `createImageRegistry: ${at(missingProperty)} is missing`;
    case 'callable':
      return `createImageRegistry: option ${path} must be a function`;
    case 'enum':
      return `createImageRegistry: option ${path} must be one of ${(allowedValues as string[]).join(', ')}`;
    case 'anyOf':
      return `createImageRegistry: option ${path} ${EXPECTED[path] ?? 'is not valid'}`;
    case 'methods':
      return `createImageRegistry: option ${path} lacks methods that it must have`;
    default:
      return `createImageRegistry: ${path === '' ? 'options' : `option ${path}`} ${error?.message ?? 'is not valid'}`;
  }
}

/** What JSON Schema cannot say. */
function checkTogether(options: Readonly<Record<string, unknown>>): void {
  for (const [one, other] of [
    ['policy', 'policyFile'],
    ['propertyProtections', 'propertyProtectionsFile'],
  ] as const)
    // A preset and a file that changes some of its rules go together.
    if (typeof options[one] === 'object' && options[other] !== undefined)
      throw new TypeError(`createImageRegistry: option ${one} and option ${other} exclude each other`);
  // What the schema has let pass.
  checkSchemaProperties((options.schemaProperties ?? {}) as SchemaProperties);
  if (
    options.accelRedirect !== undefined &&
    !((options.versions as string[] | undefined) ?? ['v2']).includes('v2')
  )
    throw new TypeError('createImageRegistry: option accelRedirect needs v2 among option versions');
  const { limitDefault = 1, limitMax = DEFAULTS.limitMax, publicEndpoint } = options;
  if (typeof publicEndpoint === 'string' && !URL.canParse(publicEndpoint))
    throw new TypeError('createImageRegistry: option publicEndpoint must be an address');
  for (const [index, origin] of ((options.allowedOrigins ?? []) as readonly string[]).entries())
    if (!URL.canParse(origin) || new URL(origin).origin !== origin)
      throw new TypeError(
        `createImageRegistry: option allowedOrigins.${index} must be an origin such as https://dashboard.example.org`,
      );
  if (Number(limitDefault) > Number(limitMax))
    throw new TypeError('createImageRegistry: option limitDefault must not be more than option limitMax');
}

const EXPECTED: Readonly<Record<string, string>> = {
  metadata: 'must be a Keyv or a KeySpace',
  blobs: 'must be a BlobStore, or { stores, defaultStore }',
  accelRedirect: 'must be a path such as /image-data, or { prefix, from }',
  policy: 'must be owner, secure-rbac, or an object of rules',
  userStorageQuota: 'must be a number of bytes, or a string such as 10GB',
  userStagingQuota: 'must be a number of bytes, or a string such as 10GB',
  staging: 'must be a BlobStore, or the name of a store in blobs.stores',
};
