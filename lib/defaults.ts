import { IMPORT_METHODS } from './domain/import-task.js';
import { CONTAINER_FORMATS, DISK_FORMATS } from './domain/metadata.js';
import { processWarnings } from './logger.js';
import type { ImageRegistryOptions } from './options.js';
import { SCHEMA_PROPERTIES } from './v2/schemas/schema-properties.js';

/** What holds where an option is left out; options.ts tells what each of them means. */
export const DEFAULTS = {
  dataDir: './data',
  allowedOrigins: [],
  versions: ['v2', 'v1'],
  unknownPaths: 'choices',
  lenientClients: true,
  limitDefault: 25,
  limitMax: 1000,
  /** 1 TiB. */
  imageSizeCap: 1024 ** 4,
  imagePropertyQuota: 128,
  imageTagQuota: 128,
  imageMemberQuota: 128,
  imageLocationQuota: 10,
  imageCountQuota: 0,
  userStorageQuota: 0,
  importMethods: IMPORT_METHODS,
  userStagingQuota: 0,
  /** A day. */
  stagingTime: 86_400,
  propertyProtectionsFormat: 'roles',
  diskFormats: DISK_FORMATS,
  containerFormats: CONTAINER_FORMATS,
  hashAlgorithm: 'sha512',
  schemaProperties: SCHEMA_PROPERTIES,
  showMultipleLocations: false,
  showDirectUrl: false,
  copyConcurrency: 4,
  copyQueue: 100,
  delayedDelete: false,
  scrubTime: 0,
  keepDeletedDays: 30,
  leaseTime: 60,
  sweepInterval: 60,
  blobDeadline: 30_000,
  logger: processWarnings,
} as const satisfies Partial<ImageRegistryOptions>;

/** Options with nothing left open but what has no default. */
export type FilledOptions = ImageRegistryOptions &
  Required<Pick<ImageRegistryOptions, keyof typeof DEFAULTS>>;

/** The options with the defaults for those that are left out or undefined. */
export function withDefaults(options: ImageRegistryOptions): FilledOptions {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  // Entries lose the types of their values.
  return { ...DEFAULTS, ...(Object.fromEntries(given) as unknown as ImageRegistryOptions) };
}
