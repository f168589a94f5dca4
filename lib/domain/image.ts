import type { ImportTask } from './import-task.js';

/** An image as it leaves the registry: without whom it is shared with, which has a face of its own, and mostly without where its data lies. */
export interface PublicImage {
  /** uuid, lower-case with hyphens. */
  readonly id: string;
  readonly name: string | null;
  readonly status: ImageStatus;
  readonly visibility: Visibility;
  /** v2 `os_hidden`: left out of listings. */
  readonly hidden: boolean;
  /** Project id. */
  readonly owner: string | null;
  readonly protected: boolean;
  readonly disk_format: string | null;
  readonly container_format: string | null;
  /** Bytes; null until it is known. */
  readonly size: number | null;
  /** Bytes that a guest sees. */
  readonly virtual_size: number | null;
  /** md5, hex. */
  readonly checksum: string | null;
  readonly os_hash_algo: string | null;
  readonly os_hash_value: string | null;
  /** MB. */
  readonly min_ram: number;
  /** GB. */
  readonly min_disk: number;
  readonly tags: readonly string[];
  /** Built with Object.fromEntries or JSON.parse alone: `__proto__` is a key like any other. */
  readonly properties: Readonly<Record<string, string | null>>;
  /** Names of the stores that have its data, in the order in which it is looked for; one that has it twice stands twice. */
  readonly stores: readonly string[];
  /** Where its data lies, in the order in which it is looked for. Absent but where the operator shows it (`showMultipleLocations`). */
  readonly locations?: readonly PublicLocation[];
  /** The first of these. Absent but where the operator shows it (`showDirectUrl`), and while there is none. */
  readonly direct_url?: string;
  /** Why the image was killed. */
  readonly message: string | null;
  /** `YYYY-MM-DDTHH:MM:SS.ffffff`, UTC. */
  readonly created_at: string;
  readonly updated_at: string;
  readonly deleted_at: string | null;
}

/** Where data of an image lies. */
export interface PublicLocation {
  readonly url: string;
  /** What a client has said of it: a JSON object; `store` is the name of the store. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** What an image is: one record that serves the Images API v1 and v2. */
export interface Image extends Omit<PublicImage, 'stores' | 'locations' | 'direct_url'> {
  readonly members: readonly Member[];
  /** Ids of members and former members in the order in which they were first added; absent while nobody has left. */
  readonly memberOrder?: readonly string[];
  /** Every blob that was ever begun for the image, until its last byte is removed. */
  readonly blobs: readonly BlobEntry[];
  /** Where data lies that is not in a store of ours. */
  readonly locations: readonly Location[];
  /** Name of the store that was asked for; null: the default store. */
  readonly store: string | null;
  /** Imports of the last days, the newest last; absent where there is none. */
  readonly tasks?: readonly ImportTask[];
}

export type ImageStatus =
  | 'queued'
  | 'saving'
  | 'active'
  | 'killed'
  | 'deleted'
  | 'pending_delete'
  | 'deactivated'
  | 'uploading'
  | 'importing';
export const STATUSES = [
  'queued',
  'saving',
  'active',
  'killed',
  'deleted',
  'pending_delete',
  'deactivated',
  'uploading',
  'importing',
] as const satisfies readonly ImageStatus[];

export type Visibility = 'public' | 'community' | 'shared' | 'private';
export const VISIBILITIES = [
  'public',
  'community',
  'shared',
  'private',
] as const satisfies readonly Visibility[];

export type MemberStatus = 'pending' | 'accepted' | 'rejected';
export const MEMBER_STATUSES = ['pending', 'accepted', 'rejected'] as const satisfies readonly MemberStatus[];

/** A project that an image is shared with. */
export interface Member {
  /** Project id. */
  readonly id: string;
  readonly can_share: boolean;
  readonly status: MemberStatus;
  readonly created_at: string;
  readonly updated_at: string;
}

/**
 * A blob in one of the registry's stores. The entry stands in the record before the first byte is written and until the last byte is removed,
 * so that whatever dies in between, the record leads to what is left.
 */
export interface BlobEntry {
  /** uuid, never used twice. */
  readonly id: string;
  /** Name of the store. */
  readonly store: string;
  /** What the store was given to write it under. */
  readonly key: string;
  /** The store's own name for it; null until it is whole. */
  readonly location: string | null;
  /** `writing`: bytes are coming, or will; `kept`: whole; `doomed`: to be removed. */
  readonly state: 'writing' | 'kept' | 'doomed';
  /** What it is for: the image's data, bytes that wait to be imported, a further copy of the data. */
  readonly purpose: 'data' | 'staging' | 'copy';
  /** Id of the registry that is writing it; null when nobody is. A doomed entry may still be written for a while. */
  readonly process: string | null;
  /** What becomes of the image when the writing fails: `none` leaves it as it is. */
  readonly onFailure: 'killed' | 'queued' | 'none';
  /** The project whose storage it counts for. */
  readonly owner: string | null;
  /** Bytes that count for it: while it is written those that were announced, 0 when nothing was; then those that are stored. */
  readonly reserved: number;
  /**
   * When a doomed blob is to be removed, or its removal to be tried again, and when staged bytes go that nobody imports; null while it is written,
   * imported or the image's data.
   */
  readonly due: string | null;
  /** How often its removal has failed. */
  readonly tries: number;
  /** As `Location.rank`. */
  readonly rank?: number;
  /** What the image said of its data before this attempt, where that is another: it does so again when it becomes `queued`. */
  readonly before?: ExpectedData | null;
  /** Id of the import that it is of, while that goes on. */
  readonly task?: string;
  /** What is known of its bytes before they are the image's data. */
  readonly facts?: DataFacts;
}

/** What is found in data while it is stored. */
export interface DataFacts extends Pick<Image, 'checksum' | 'os_hash_algo' | 'os_hash_value'> {
  /** Absent: it was not looked for. */
  readonly virtual_size?: number | null;
}

/** What an image says of data that it has not yet: its size in bytes, and the store that it goes to. */
export type ExpectedData = Pick<Image, 'size' | 'store'>;

/** Data at a URL outside. */
export interface Location {
  readonly url: string;
  /** What a client says of it: a JSON object. */
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly status: 'active' | 'pending_delete';
  /** Name of the store that stood for data elsewhere when it was added; absent: there was none. */
  readonly store?: string;
  /** Its place among all that holds the image's data, when somebody has said one; what has none comes last, own stores first. */
  readonly rank?: number;
}

/** Whether membership of the image means anything: private images are the owner's alone, community images everyone's. */
export function takesMembers(image: Pick<Image, 'visibility'>): boolean {
  return image.visibility === 'shared' || image.visibility === 'public';
}

/** Whether the image is gone for all but admins. */
export function isDeleted(image: Pick<Image, 'status'>): boolean {
  return image.status === 'deleted' || image.status === 'pending_delete';
}
