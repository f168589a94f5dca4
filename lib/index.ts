export { createImageRegistry, type CloseOptions, type ImageRegistry } from './registry.js';
export type { ImageRegistryOptions } from './options.js';
export type { AccelRedirectOptions } from './accel-redirect.js';
export type { NamedStores, StoreSettings } from './blobs/named-stores.js';
export type { Logger } from './logger.js';
export { RegistryError, type ErrorCode, type RegistryErrorOptions } from './errors.js';
export { prepareServer, type PrepareServerOptions } from './http/prepare-server.js';
export type { Authenticate, Identity } from './identity/identity.js';
export { callerOf, type Caller } from './domain/identity.js';
export { none } from './identity/none.js';
export { devTokens } from './identity/dev-tokens.js';
export { trustedHeaders, type TrustedHeadersOptions } from './identity/trusted-headers.js';
export { keystone } from './identity/keystone.js';
export type {
  ApplicationCredentials,
  KeystoneCredentials,
  KeystoneOptions,
  PasswordCredentials,
  TokenCredentials,
} from './identity/keystone-options.js';
export { basic, type BasicOptions } from './identity/basic.js';
export type { BasicUser } from './identity/basic-users.js';
export { ACTIONS as POLICY_ACTIONS, type Action as PolicyAction } from './domain/policy/actions.js';
export type { PolicyRule, PolicyRules } from './domain/policy/policy-rules.js';
export { type PolicyPreset, type Preset, PRESETS as POLICY_PRESETS } from './domain/policy/presets.js';
export type { PolicyFunction } from './domain/policy/check.js';
export type { PolicyTarget } from './domain/policy/policy-target.js';
export type { ProtectionRule } from './domain/property-protections-rule.js';
export type {
  KeySpace,
  Change,
  Fence,
  FoundRecords,
  RecordTest,
  RecordValue,
  RowKey,
  RowRange,
  StoredRecord,
} from './catalogue/key-space.js';
export { KeyvLmdb, type KeyvLmdbOptions } from './catalogue/adapters/keyv-lmdb.js';
export type { InjectedKeyv } from './catalogue/adapters/injected-keyv.js';
export type {
  BlobStore,
  CopyOptions,
  ReadOptions,
  WriteOptions,
  WrittenBlob,
  ListedBlob,
  Stray,
} from './blobs/blob-store.js';
export { diskStore, type DiskStoreOptions } from './blobs/disk/disk-store.js';
export { memoryStore, type MemoryStoreOptions } from './blobs/memory/memory-store.js';
export { redisStore, type RedisStoreOptions } from './blobs/redis/redis-store.js';
export { s3Store } from './blobs/s3/s3-store.js';
export type { S3StoreOptions } from './blobs/s3/s3-options.js';
export type { S3ClientLike, S3ClientOptions, S3Credentials } from './blobs/s3/s3-client-options.js';
export type { RedisClientLike } from './redis/redis-client.js';
export type { Images, WithSignal } from './services/images.js';
export type { Members, Shared } from './services/members.js';
export type { Lazily } from './services/lazily.js';
export type { ImageSource } from './services/image-source.js';
export type { ImageData } from './services/transfer.js';
export type { ImageChange } from './services/update-image.js';
export type { UploadOptions } from './services/upload-image.js';
export type { StageOptions } from './services/stage-image.js';
export type { ImportMethod, ImportRequest, ImportTask } from './domain/import-task.js';
export type { ByteRange, Download, DownloadOptions, DownloadPart } from './services/download-image.js';
export type { Page, PageStream } from './services/list-images.js';
export type { Actor, Happening, ImportProgress, RegistryEmitter, RegistryEvents } from './services/events.js';
export type { CreateIntent, Hooks, UploadIntent } from './services/hooks.js';
export type { SweepReport } from './services/janitor.js';
export type { Findings, VerifyOptions, VerifyReport } from './services/verify.js';
export type { SourceRules } from './sources/http/source-rules.js';
export type {
  ImageStatus,
  Member,
  MemberStatus,
  PublicImage,
  PublicLocation,
  Visibility,
} from './domain/image.js';
export type { LocationChange, NewLocation, Position } from './domain/new-location.js';
export type { ValidationData } from './domain/validation-data.js';
export type { ImageChanges, ImageMetadata } from './domain/metadata.js';
export type { WantedMember } from './domain/member-rules.js';
export type { ListRequest } from './domain/list-request.js';
export type { SortOrder } from './domain/query.js';
export type { TimeSpan } from './domain/filters.js';
export type { ImageFilters, OneOf } from './domain/image-filters.js';
export type { DialectName } from './domain/dialect.js';
export {
  SCHEMA_PROPERTIES,
  type SchemaProperties,
  type SchemaProperty,
} from './v2/schemas/schema-properties.js';
