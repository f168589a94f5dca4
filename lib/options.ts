import type { AccelRedirectOptions } from './accel-redirect.js';
import type { SourceRules } from './sources/http/source-rules.js';
import type { BlobStore } from './blobs/blob-store.js';
import type { NamedStores } from './blobs/named-stores.js';
import type { InjectedKeyv } from './catalogue/adapters/injected-keyv.js';
import type { KeySpace } from './catalogue/key-space.js';
import type { ImportMethod } from './domain/import-task.js';
import type { PolicyRules } from './domain/policy/policy-rules.js';
import type { PolicyPreset } from './domain/policy/presets.js';
import type { ProtectionRule } from './domain/property-protections-rule.js';
import type { Authenticate } from './identity/identity.js';
import type { Logger } from './logger.js';
import type { SchemaProperties } from './v2/schemas/schema-properties.js';
import type { Hooks } from './services/hooks.js';

/** The options of `createImageRegistry`. Unknown keys are refused; the object is never modified. */
export interface ImageRegistryOptions {
  /** Who is calling: a strategy of this package (`none()`, `devTokens()`) or a function of the host app. Required: by default nobody gets in. */
  readonly authenticate: Authenticate;
  /** Folder for whatever storage is not passed in: metadata in `<dataDir>/metadata`, image data in `<dataDir>/blobs`. Default `./data`. */
  readonly dataDir?: string;
  /** Where metadata is stored: any Keyv, or an ordered key space. Default: embedded LMDB in `dataDir`. */
  readonly metadata?: KeySpace | InjectedKeyv;
  /** Where image data is stored: one store, or several by name for clients to choose from. Default: a disk store in `dataDir`. */
  readonly blobs?: BlobStore | NamedStores;
  /**
   * Where staged data waits to be imported: a separate store, or the name of one of `blobs`. Default: the default store, where staged data
   * becomes the image's data without being moved. Every process of the registry must be able to reach a separate store.
   */
  readonly staging?: BlobStore | string;
  /**
   * Let a proxy send the data of disk stores in v2: requests that it marks with `X-Sendfile-Type: X-Accel-Redirect` are answered with the name of a file under
   * this path, such as `/image-data`; docs/operations.md has nginx's side. Default: the registry sends all data itself.
   */
  readonly accelRedirect?: string | AccelRedirectOptions;
  /** Address of the registry as clients see it, such as `https://images.example.org/glance`. Default: taken from each request. */
  readonly publicEndpoint?: string;
  /**
   * Origins of other sites whose pages may use the registry from a browser, such as `https://dashboard.example.org`: they may read its answers
   * (CORS) and make changes with the credentials that the browser holds for its user. Default: none.
   */
  readonly allowedOrigins?: readonly string[];
  /** Versions of the API to serve; the paths of the others count as unknown. Default: both. */
  readonly versions?: readonly ('v1' | 'v2')[];
  /** What to do with paths outside the API: answer with the list of versions (300), answer 404, or pass the request on to the host app. Default `choices`. */
  readonly unknownPaths?: 'choices' | 'notFound' | 'next';
  /** Accept what newer clients send even where the reference implementation refused it. Default true. */
  readonly lenientClients?: boolean;
  /** Images per page when the client does not say, from 1 to `limitMax`. Default 25. */
  readonly limitDefault?: number;
  /** Maximum number of images per page. Default 1000. */
  readonly limitMax?: number;
  /** Maximum size of an image, bytes. Default 1 TiB. */
  readonly imageSizeCap?: number;
  /** Maximum number of properties per image. Default 128. */
  readonly imagePropertyQuota?: number;
  /** Maximum number of tags per image. Default 128. */
  readonly imageTagQuota?: number;
  /**
   * At most 32 properties by which listings find images without scanning. Default: those that the catalogue was created with; for a new one
   * os_distro, os_version, os_type, architecture and hypervisor_type. A different choice needs a reindex.
   */
  readonly indexedProperties?: readonly string[];
  /** Maximum number of members per image. Default 128. */
  readonly imageMemberQuota?: number;
  /** Maximum number of locations per image, copies in stores and locations elsewhere together. Default 10. */
  readonly imageLocationQuota?: number;
  /** Maximum number of images per project, deleted ones not counted; 0: no limit. Default 0. */
  readonly imageCountQuota?: number;
  /** Maximum size of all images of a project together, as a number of bytes or a string such as `10GB` (powers of 1024); 0: no limit. Default 0. */
  readonly userStorageQuota?: number | string;
  /** Import methods that v2 offers; without `glance-direct` there is no staging either. Default: all three. */
  readonly importMethods?: readonly ImportMethod[];
  /** Maximum size of all staged data of a project together, written like `userStorageQuota`; 0: no limit. Default 0. */
  readonly userStagingQuota?: number | string;
  /** Seconds after which staged data that nobody has imported is removed. Default 86400, a day. */
  readonly stagingTime?: number;
  /**
   * Who may do what: a preset, or a rule for each action, which is a function, a list of roles, or a string in the language of oslo.policy. Default
   * `owner`. docs/access-policy.md describes the presets; POLICY_PRESETS holds their rules.
   */
  readonly policy?: PolicyPreset | PolicyRules;
  /** A policy file in JSON (`.json`) or YAML, instead of rules in `policy` or in addition to a preset; read once, at start. */
  readonly policyFile?: string;
  /** Who may create, read, update and delete which properties. Default: no protection. */
  readonly propertyProtections?: readonly ProtectionRule[];
  /** A file like Glance's `property-protections.conf`, instead of `propertyProtections`; read once, at start. */
  readonly propertyProtectionsFile?: string;
  /** What the values in that file stand for. Default `roles`. */
  readonly propertyProtectionsFormat?: 'roles' | 'policies';
  /** Functions of the host app that are asked before an image is created and before data is accepted for one. Default: none. */
  readonly hooks?: Hooks;
  /** Accepted disk formats. Default: all of the Images API. */
  readonly diskFormats?: readonly string[];
  /** Accepted container formats. Default: all of the Images API. */
  readonly containerFormats?: readonly string[];
  /** The digest that v2 shows besides md5. Images keep the one that they were stored with. Default `sha512`. */
  readonly hashAlgorithm?: 'sha256' | 'sha384' | 'sha512';
  /**
   * Maximum number of threads that digest the data of large uploads. All registries of a process share them, and none is started before it is
   * needed. 0: data is digested in the main thread. Default: the number of cores that the process may use.
   */
  readonly hashThreads?: number;
  /**
   * Extra properties that v2 checks, with the JSON schema of each; all other properties may be any string. Default: those of Glance, such as
   * `kernel_id` and `os_distro`, which SCHEMA_PROPERTIES holds.
   */
  readonly schemaProperties?: SchemaProperties;
  /** What may be fetched on behalf of clients (`x-image-meta-location`, `x-glance-api-copy-from`, the import `web-download`). Default: http and https on ports 80 and 443 of public addresses. */
  readonly sources?: Omit<SourceRules, 'sizeCap'>;
  /**
   * Show the locations of images in v2, and let those who may change an image set them (`PATCH` of `locations`): the registry then contacts
   * addresses that they name, within `sources`. Default false.
   */
  readonly showMultipleLocations?: boolean;
  /** Show the first location of an image in v2 as `direct_url`. Default false. */
  readonly showDirectUrl?: boolean;
  /** Maximum number of copies and imports at a time, at most half of them for one project; others wait. Default 4. */
  readonly copyConcurrency?: number;
  /** Maximum number of waiting copies, at most half of them for one project; further ones are refused (503). Default 100. */
  readonly copyQueue?: number;
  /** Keep the data of deleted images (`pending_delete`) for `scrubTime`. Default false: it is removed at once. */
  readonly delayedDelete?: boolean;
  /** Seconds between a delayed deletion and the removal of the data. Default 0. */
  readonly scrubTime?: number;
  /** Days after which nothing but the id of a deleted image is kept; 0: its record is kept for ever. Default 30. */
  readonly keepDeletedDays?: number;
  /** Seconds without a sign of life after which a process that uploads counts as dead. Default 60. */
  readonly leaseTime?: number;
  /** Seconds between two sweeps of the janitor; 0: only `registry.sweep()` sweeps. Default 60. */
  readonly sweepInterval?: number;
  /** Milliseconds that a metadata operation may take. Default 5000, for LMDB 30000. */
  readonly metadataDeadline?: number;
  /** Milliseconds that a blob store may take for an operation, or between two pieces of data. Default 30000. */
  readonly blobDeadline?: number;
  /** Where to log; has the methods of a pino logger. Default: warnings and errors go to `process.emitWarning`. */
  readonly logger?: Logger;
}
