import type { ImageCatalogue } from '../catalogue/image-catalogue.js';
import type { Caller } from '../domain/identity.js';
import type { Limits, Parts } from './parts.js';
import type { StorageQuota } from './storage-quota.js';

/** What a project uses of a resource. */
export interface ResourceUsage {
  readonly usage: number;
  /** -1: there is no limit. */
  readonly limit: number;
}

/** Images are counted up to here where nothing limits them. */
const COUNTED = 10_000;
const MIB = 1024 ** 2;
/** Statuses of images whose data is on its way. */
const ARRIVING = ['saving', 'uploading', 'importing'] as const;

/** Tells projects what they use of their limits. */
export class ProjectUsage {
  readonly #catalogue: ImageCatalogue;
  readonly #quota: StorageQuota;
  readonly #staging: StorageQuota;
  readonly #limits: Pick<Limits, 'imageCountQuota'>;

  constructor({
    catalogue,
    quota,
    staging,
    limits,
  }: Pick<Parts, 'catalogue' | 'quota' | 'staging' | 'limits'>) {
    this.#catalogue = catalogue;
    this.#quota = quota;
    this.#staging = staging.quota;
    this.#limits = limits;
  }

  /**
   * What the caller's project uses, by resource, in images and MiB; nothing where no project has limits.
   * @throws RegistryError `unavailable`
   */
  async of({ project }: Caller, signal?: AbortSignal): Promise<Readonly<Record<string, ResourceUsage>>> {
    const { imageCountQuota } = this.#limits;
    if (project === null) return {};
    const quotas = [this.#quota, this.#staging];
    if (imageCountQuota === 0 && !quotas.some((quota) => quota.appliesTo(project))) return {};
    const most = imageCountQuota === 0 ? COUNTED : imageCountQuota;
    const count = await this.#catalogue.countOwned(project, most);
    return {
      image_size_total: inMib(await this.#quota.of(project)),
      image_stage_total: inMib(await this.#staging.of(project)),
      image_count_total: { usage: count, limit: imageCountQuota === 0 ? -1 : imageCountQuota },
      image_count_uploading: { usage: await this.#arriving(project, signal), limit: -1 },
    };
  }

  async #arriving(project: string, signal?: AbortSignal): Promise<number> {
    let count = 0;
    const scopes = [{ kind: 'owner', project } as const];
    const query = { scopes, statuses: ARRIVING, sortKey: 'id' } as const;
    for await (const _ of this.#catalogue.walk(query, signal)) if (++count === COUNTED) break;
    return count;
  }
}

function inMib({ used, limit }: { readonly used: number; readonly limit: number }): ResourceUsage {
  return { usage: Math.ceil(used / MIB), limit: limit === 0 ? -1 : Math.floor(limit / MIB) };
}
