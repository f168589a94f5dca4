import { noSuchImage } from '../domain/access.js';
import type { Caller } from '../domain/identity.js';
import type { BlobEntry, Image } from '../domain/image.js';
import type { ImportRequest, ImportTask } from '../domain/import-task.js';
import { withImport } from '../domain/imports.js';
import { requireRecordSize } from '../domain/metadata-limits.js';
import { isRegistryError, RegistryError } from '../errors.js';
import { askBeforeUpload } from './before-upload.js';
import type { DataParts } from './bring-data.js';
import { actorOf } from './events.js';
import { afterImport } from './import-aftermath.js';
import { importDataOf } from './import-data.js';
import { ImportLeg } from './import-leg.js';
import { planImport, type ImportPlan } from './import-plan.js';
import { ImportRun } from './import-run.js';
import type { Judge } from './judge.js';

/** Imports data of images that are there, in the background. */
export class ImportImage {
  readonly #parts: DataParts;
  readonly #judge: Judge;

  constructor(parts: DataParts, judge: Judge) {
    this.#parts = parts;
    this.#judge = judge;
  }

  /** @returns the image as its record is once the import was taken on */
  async run(caller: Caller, id: string, request: ImportRequest, signal: AbortSignal): Promise<Image> {
    const { catalogue, importMethods } = this.#parts;
    if (!importMethods.includes(request.method))
      throw new RegistryError('bad_request', `The import method ${request.method} is not supported.`);
    this.#judge.beforeChange(caller, [request.method === 'copy-image' ? 'copy_image' : 'modify_image']);
    await this.#parts.quota.check(caller.project, 0);
    const plan = this.#plan(caller, (await catalogue.get(id))?.image, request);
    // A copy to all stores that have the image already.
    if (plan.backend.length === 0) return plan.image;
    await this.#asked(caller, plan, request, signal);
    await this.#checkRoom(plan, request);
    try {
      await this.#keepRoom(plan, signal);
      if (plan.writes.length > 0) return await this.#start(caller, plan, request);
      // Staged bytes that are where they are wanted need no work.
      return await this.#write(caller, plan, request, this.#task(caller, plan, request), () => []);
    } catch (error) {
      // Else nobody knows whether it has happened; a recount tells.
      if (!isRegistryError(error, 'unavailable')) await this.#giveRoomBack(plan);
      throw error;
    }
  }

  async #start(caller: Caller, plan: ImportPlan, request: ImportRequest): Promise<Image> {
    const { copies, transfer } = this.#parts;
    const by = actorOf(caller);
    const turn = copies.enter(by);
    try {
      const { id } = plan.image;
      const task = this.#task(caller, plan, request);
      const legs = plan.writes.map((store) => new ImportLeg(id, store));
      const mustAll = request.allStoresMustSucceed ?? true;
      const options = { by, image: id, task: task.id, legs, mustAll };
      const run = transfer.track(new ImportRun(this.#parts, options));
      const isCopy = request.method === 'copy-image';
      const data = importDataOf(this.#parts, plan, request);
      const image = await run.enter(() =>
        this.#write(caller, plan, request, task, (current) =>
          legs.map((leg) => leg.claim(this.#parts, current, task.id, isCopy)),
        ),
      );
      void run.run(turn, data);
      return image;
    } catch (error) {
      turn.end();
      throw error;
    }
  }

  /** Takes the import on, if it is still what was planned. */
  async #write(
    caller: Caller,
    plan: ImportPlan,
    request: ImportRequest,
    task: ImportTask,
    blobs: (image: Image) => readonly BlobEntry[],
  ): Promise<Image> {
    const { catalogue, clock } = this.#parts;
    const seen: { before?: Image } = {};
    const changed = await catalogue.update(plan.image.id, (current) => {
      const now = this.#plan(caller, current, request);
      if (now.backend.join() !== plan.backend.join() || now.staged?.id !== plan.staged?.id)
        throw new RegistryError('conflict', 'The image has changed in the meantime, try again.');
      seen.before = current;
      const created_at = clock.now();
      const begun = { ...task, created_at, updated_at: created_at };
      const next = withImport(now.image, begun, blobs(current));
      requireRecordSize(current, next);
      return next;
    });
    if (changed === undefined) throw noSuchImage();
    if (seen.before !== undefined)
      await afterImport(this.#parts, seen.before, changed.image, actorOf(caller), task.id);
    return changed.image;
  }

  #plan(caller: Caller, current: Image | undefined, request: ImportRequest): ImportPlan {
    return planImport(this.#parts, this.#judge, caller, current, request);
  }

  #task({ project, user, requestId }: Caller, { backend }: ImportPlan, input: ImportRequest): ImportTask {
    const now = this.#parts.clock.now();
    return {
      id: crypto.randomUUID(),
      status: 'pending',
      owner: project,
      user,
      request: requestId ?? null,
      input,
      backend,
      message: '',
      created_at: now,
      updated_at: now,
      expires_at: null,
    };
  }

  async #asked(
    caller: Caller,
    { image }: ImportPlan,
    { method, uri }: ImportRequest,
    signal: AbortSignal,
  ): Promise<void> {
    if (method !== 'web-download') return;
    const source = { data: null, location: undefined, copyFrom: uri };
    await askBeforeUpload(this.#parts.hooks, { caller, image, source, signal });
  }

  /** Refuses what there is no room for, as far as that is known by now. */
  async #checkRoom({ image, backend }: ImportPlan, { method }: ImportRequest): Promise<void> {
    const size = method === 'web-download' ? 1 : (image.size ?? 0);
    await this.#parts.quota.check(image.owner, size * backend.length);
  }

  /** Staged bytes that become data count for the project from then on. */
  async #keepRoom({ image, backend, staged }: ImportPlan, signal: AbortSignal): Promise<void> {
    if (staged === undefined || !backend.includes(staged.store)) return;
    const room = { blob: staged.id, image: image.id };
    await this.#parts.quota.reserve(image.owner, room, staged.reserved, signal);
  }

  async #giveRoomBack({ image, staged }: ImportPlan): Promise<void> {
    if (staged !== undefined) await this.#parts.quota.settle(image.owner, staged.id, 0);
  }
}
