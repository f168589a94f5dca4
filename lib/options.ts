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

/** What `createImageRegistry` takes. Unknown keys are refused. The object is never changed. */
export interface ImageRegistryOptions {
  /** Who is calling: a strategy of this package (`none()`, `devTokens()`) or a function of the host app. Required: nobody gets in by default. */
  readonly authenticate: Authenticate;
  /** Folder for what is not injected: metadata in `<dataDir>/metadata`, data in `<dataDir>/blobs`. Default `./data`. */
  readonly dataDir?: string;
  /** Where metadata lives: any Keyv, or an ordered key space. Default: embedded LMDB in `dataDir`. */
  readonly metadata?: KeySpace | InjectedKeyv;
  /** Where data lives: a store, or several by name, of which clients pick. Default: a disk store in `dataDir`. */
  readonly blobs?: BlobStore | NamedStores;
  /**
   * Where bytes wait that are staged to be imported: a store of its own, or the name of one of `blobs`. Default: the default store, where they
   * become the data without being moved. A store of its own must be one that all processes of the registry reach.
   */
  readonly staging?: BlobStore | string;
  /** Address of the mount as clients see it, such as `https://images.example.org/glance`. Default: taken from each request. */
  readonly publicEndpoint?: string;
  /**
   * Origins of pages elsewhere that may use the registry from a browser, such as `https://dashboard.example.org`: they may read its answers
   * (CORS) and make changes with what the browser knows of its user. Default: none.
   */
  readonly allowedOrigins?: readonly string[];
  /** Versions of the API that are served; paths of others are unknown. Default both. */
  readonly versions?: readonly ('v1' | 'v2')[];
  /** Paths outside the API: answer with the list of versions (300), with 404, or hand on to the host app. Default `choices`. */
  readonly unknownPaths?: 'choices' | 'notFound' | 'next';
  /** Take what newer clients send and the reference refused. Default true. */
  readonly lenientClients?: boolean;
  /** Images on a page when the client does not say, 1 to limitMax. Default 25. */
  readonly limitDefault?: number;
  /** Most images on a page. Default 1000. */
  readonly limitMax?: number;
  /** Most bytes of one image. Default 1 TiB. */
  readonly imageSizeCap?: number;
  /** Most properties of one image. Default 128. */
  readonly imagePropertyQuota?: number;
  /** Most tags of one image. Default 128. */
  readonly imageTagQuota?: number;
  /**
   * Keys of at most 32 properties that listings find images by without looking through others. Default: what the catalogue was made with; a new one
   * os_distro, os_version, os_type, architecture and hypervisor_type. Another choice needs a reindex.
   */
  readonly indexedProperties?: readonly string[];
  /** Most members of one image. Default 128. */
  readonly imageMemberQuota?: number;
  /** Most places in which the data of one image lies, own stores and locations elsewhere together. Default 10. */
  readonly imageLocationQuota?: number;
  /** Most images of one project that are not deleted; 0: no limit. Default 0. */
  readonly imageCountQuota?: number;
  /** Bytes that the images of one project may have together, as a number or a text such as `10GB` (powers of 1024); 0: no limit. Default 0. */
  readonly userStorageQuota?: number | string;
  /** Ways to import data that v2 offers; `glance-direct` is staging, too. Default: all three. */
  readonly importMethods?: readonly ImportMethod[];
  /** Bytes of one project that may wait to be imported, in the forms of `userStorageQuota`; 0: no limit. Default 0. */
  readonly userStagingQuota?: number | string;
  /** Seconds after which staged bytes go that nobody has imported. Default 86400, a day. */
  readonly stagingTime?: number;
  /**
   * Who may do what: a preset, or rules by action, which are functions, lists of roles, or texts in the language of oslo.policy. Default `owner`;
   * what the presets say, docs/access-policy.md tells, and POLICY_PRESETS holds.
   */
  readonly policy?: PolicyPreset | PolicyRules;
  /** A policy file in JSON (`.json`) or YAML, in place of rules in `policy`, or beside a preset; read once, at start. */
  readonly policyFile?: string;
  /** Who may create, read, update and delete which properties. Default: no protection. */
  readonly propertyProtections?: readonly ProtectionRule[];
  /** Glance's `property-protections.conf`, in place of `propertyProtections`; read once, at start. */
  readonly propertyProtectionsFile?: string;
  /** What the values in that file are. Default `roles`. */
  readonly propertyProtectionsFormat?: 'roles' | 'policies';
  /** The host app's own say before an image is made, and before data is taken for one. Default: none. */
  readonly hooks?: Hooks;
  /** Disk formats that are known. Default: all of the Images API. */
  readonly diskFormats?: readonly string[];
  /** Container formats that are known. Default: all of the Images API. */
  readonly containerFormats?: readonly string[];
  /** Digest of data that v2 shows besides md5. Default `sha512`; images keep the one that they were stored with. */
  readonly hashAlgorithm?: 'sha256' | 'sha384' | 'sha512';
  /**
   * The most threads in which the data of large uploads is digested; they are shared by all registries of a process, and none is started before it is
   * needed. 0: data is digested where everything else happens. Default: the cores that the process may use.
   */
  readonly hashThreads?: number;
  /**
   * Extra properties that v2 knows, with the JSON schema of each; all others are any text. Default: those of Glance, such as `kernel_id` and
   * `os_distro`, which SCHEMA_PROPERTIES holds.
   */
  readonly schemaProperties?: SchemaProperties;
  /** What may be fetched for clients (`x-image-meta-location`, `x-glance-api-copy-from`, the import `web-download`). Default: http and https on ports 80 and 443 of public addresses. */
  readonly sources?: Omit<SourceRules, 'sizeCap'>;
  /**
   * Show in v2 where the data of images lies, and let those who may change an image say where (`PATCH` of `locations`): the registry then asks
   * addresses that they name, as `sources` allows. Default false.
   */
  readonly showMultipleLocations?: boolean;
  /** Show in v2 the first place of an image's data as `direct_url`. Default false. */
  readonly showDirectUrl?: boolean;
  /** Most copies and imports that go on at a time, at most half of them of one project; more of them wait. Default 4. */
  readonly copyConcurrency?: number;
  /** Most copies that wait, at most half of them of one project; more are refused (503). Default 100. */
  readonly copyQueue?: number;
  /** Keep the data of deleted images (`pending_delete`) for `scrubTime`. Default false: it is removed at once. */
  readonly delayedDelete?: boolean;
  /** Seconds between a delayed deletion and the removal of the data. Default 0. */
  readonly scrubTime?: number;
  /** Days after which only the id of a deleted image is kept; 0: its record is kept for ever. Default 30. */
  readonly keepDeletedDays?: number;
  /** Seconds without a sign of life after which an upload counts as dead. Default 60. */
  readonly leaseTime?: number;
  /** Seconds between two sweeps of the janitor; 0: only `registry.sweep()` sweeps. Default 60. */
  readonly sweepInterval?: number;
  /** Milliseconds that a metadata operation may take. Default 5000, for LMDB 30000. */
  readonly metadataDeadline?: number;
  /** Milliseconds that a blob store may be silent. Default 30000. */
  readonly blobDeadline?: number;
  /** Takes what there is to log, in the shape of pino's methods. Default: warnings and errors go to `process.emitWarning`. */
  readonly logger?: Logger;
}
