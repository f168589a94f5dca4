import type { Visibility } from './image.js';
import type { LocationChange } from './new-location.js';
import type { Time } from './times.js';

/** What can be asked of an image, new or old; a key that is absent or undefined was not named. */
export interface ImageMetadata {
  /** uuid in any form. */
  readonly id?: string | undefined;
  /** At most 255 characters. */
  readonly name?: string | null | undefined;
  readonly visibility?: Visibility | undefined;
  /** v1's word for the visibility: true is `public`; false makes a public image `shared` and changes no other. */
  readonly is_public?: boolean | undefined;
  /** Left out of listings. */
  readonly hidden?: boolean | undefined;
  /** Cannot be deleted. */
  readonly protected?: boolean | undefined;
  readonly disk_format?: string | null | undefined;
  readonly container_format?: string | null | undefined;
  /** Bytes that the data will have. Data of another size is refused; without data and with 0 the image is active at once. */
  readonly size?: number | undefined;
  /** Bytes that a guest sees. */
  readonly virtual_size?: number | null | undefined;
  /** md5 that the data will have, hex, at most 32 characters. */
  readonly checksum?: string | null | undefined;
  /** MB, 0 to 2^31-1. */
  readonly min_ram?: number | undefined;
  /** GB, 0 to 2^31-1. */
  readonly min_disk?: number | undefined;
  /** Project id. Default: the caller's project. Only admins name another. */
  readonly owner?: string | null | undefined;
  /** A set of texts of at most 255 characters. */
  readonly tags?: readonly string[] | undefined;
  /** Those that are named are set. Keys have 1 to 255 characters. */
  readonly properties?: Readonly<Record<string, string | null>> | undefined;
  /** Name of the store to put data into. */
  readonly store?: string | undefined;
  /** Times in ISO 8601, from 1900 on; only admins set them. */
  readonly created_at?: Time | undefined;
  readonly updated_at?: Time | undefined;
  readonly deleted_at?: Time | undefined;
}

/** What can be asked of an image that is there. */
export interface ImageChanges extends ImageMetadata {
  /** Nothing but what it is. */
  readonly status?: string | undefined;
  /** Whether properties that are not named go, as far as the caller may read them. Default false. */
  readonly purgeProperties?: boolean | undefined;
  /** Keys of properties that go; those that are not there do no harm. */
  readonly removeProperties?: readonly string[] | undefined;
  /** Where data lies elsewhere, and in which order the places are. */
  readonly changeLocations?: LocationChange | undefined;
}

/** What the registry allows of metadata. */
export interface MetadataLimits {
  readonly diskFormats: readonly string[];
  readonly containerFormats: readonly string[];
  /** Most properties of an image. */
  readonly imagePropertyQuota: number;
  /** Most tags of an image. */
  readonly imageTagQuota: number;
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

export const CONTAINER_FORMATS = ['ami', 'ari', 'aki', 'bare', 'ovf', 'ova', 'docker', 'compressed'] as const;
