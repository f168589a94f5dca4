import type { CatalogueSpace } from './catalogue-space.js';
import { usageKey, type UsageKind } from './rows.js';

/** How much of its storage quota a project uses. */
export interface Usage {
  readonly project: string;
  /** Bytes of the project's images in the registry's stores. */
  readonly bytes: number;
  /** Room kept for blobs that are being written, by the id of their entry. */
  readonly pending: Readonly<Record<string, PendingRoom>>;
}

/** Room kept for one blob. */
export interface PendingRoom {
  /** Id of the image. */
  readonly image: string;
  readonly bytes: number;
}

/** The usage of all projects that have a quota, in the key space that the image catalogue has opened. */
export class UsageBook {
  readonly #space: CatalogueSpace;
  readonly #kind: UsageKind;

  /** @param kind of what is counted: stored data, or bytes that wait to be imported */
  constructor(space: CatalogueSpace, kind: UsageKind = 'stored') {
    this.#space = space;
    this.#kind = kind;
  }

  /** The usage of a project; undefined when it was never counted. */
  async get(project: string): Promise<(Usage & { readonly revision: number }) | undefined> {
    const [record] = await this.#space.get([usageKey(project, this.#kind)]);
    return record === undefined
      ? undefined
      : { ...(record.value as unknown as Usage), revision: record.revision };
  }

  /**
   * Puts a count in place of the one with that revision (0: there is none). False: somebody else was faster.
   */
  async put(usage: Usage, revision: number): Promise<boolean> {
    const value = { project: usage.project, bytes: usage.bytes, pending: usage.pending };
    return this.#space.put(
      usageKey(usage.project, this.#kind),
      revision === 0 ? undefined : { revision, value },
      value,
    );
  }
}
