import type { Time } from './times.js';

/** What a client asks of an image's metadata; a key that is absent was not named. */
export interface ImageMetadata {
  readonly id?: string;
  readonly name?: string | null;
  readonly status?: string;
  /** v1 `is_public`: true publishes; false makes a public image `shared` and changes no other. */
  readonly is_public?: boolean;
  readonly protected?: boolean;
  readonly disk_format?: string;
  readonly container_format?: string;
  readonly size?: number;
  readonly virtual_size?: number | null;
  readonly checksum?: string | null;
  readonly min_ram?: number;
  readonly min_disk?: number;
  readonly owner?: string | null;
  readonly created_at?: Time;
  readonly updated_at?: Time;
  readonly deleted_at?: Time;
  readonly properties?: ReadonlyMap<string, string | null>;
  /** Name of the store to put data into. */
  readonly store?: string;
}

/** What the registry allows of metadata. */
export interface MetadataLimits {
  readonly diskFormats: readonly string[];
  readonly containerFormats: readonly string[];
  /** Most properties of an image. */
  readonly imagePropertyQuota: number;
  /** Most bytes of an image. */
  readonly imageSizeCap: number;
}

export const DISK_FORMATS = [
  'ami',
  'ari',
  'aki',
  'vhd',
  'vhdx',
  'vmdk',
  'raw',
  'qcow2',
  'vdi',
  'iso',
  'ploop',
] as const;

export const CONTAINER_FORMATS = ['ami', 'ari', 'aki', 'bare', 'ovf', 'ova', 'docker'] as const;

/** Formats of the Amazon family: where one is, the other must be the same. */
export const AMAZON_FORMATS: readonly string[] = ['ami', 'ari', 'aki'];
