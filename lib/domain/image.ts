/** What an image is: one record that serves the Images API v1 and v2. */
export interface Image {
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
  readonly members: readonly Member[];
  readonly locations: readonly Location[];
  /** Name of the store that was asked for; null: the default store. */
  readonly store: string | null;
  /** The upload that has claimed the image; null when none has. */
  readonly attempt: string | null;
  /** Why the image was killed. */
  readonly message: string | null;
  /** Blobs that are no longer the image's and still have to be removed. */
  readonly scrub: readonly StoredBlob[];
  /** When they are to be removed, or tried again; null when there are none. */
  readonly scrub_at: string | null;
  /** How often their removal has failed. */
  readonly scrub_tries: number;
  /** `YYYY-MM-DDTHH:MM:SS.ffffff`, UTC. */
  readonly created_at: string;
  readonly updated_at: string;
  readonly deleted_at: string | null;
}

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
] as const;
export type ImageStatus = (typeof STATUSES)[number];

export const VISIBILITIES = ['public', 'community', 'shared', 'private'] as const;
export type Visibility = (typeof VISIBILITIES)[number];

export const MEMBER_STATUSES = ['pending', 'accepted', 'rejected'] as const;
export type MemberStatus = (typeof MEMBER_STATUSES)[number];

/** A project that an image is shared with. */
export interface Member {
  /** Project id. */
  readonly id: string;
  readonly can_share: boolean;
  readonly status: MemberStatus;
  readonly created_at: string;
  readonly updated_at: string;
}

/** A blob in one of the registry's stores. */
export interface StoredBlob {
  readonly store: string;
  /** The store's own name for the blob. */
  readonly key: string;
}

/** Where the data of an image lies: in a store, or at a URL outside. Never shown to clients. */
export type Location = (StoredBlob | { readonly url: string }) & {
  readonly metadata: Readonly<Record<string, string>>;
  readonly status: 'active' | 'pending_delete';
};

/** Whether membership of the image means anything: private images are the owner's alone, community images everyone's. */
export function takesMembers(image: Pick<Image, 'visibility'>): boolean {
  return image.visibility === 'shared' || image.visibility === 'public';
}

/** Whether the image is gone for all but admins. */
export function isDeleted(image: Pick<Image, 'status'>): boolean {
  return image.status === 'deleted' || image.status === 'pending_delete';
}
