import { newBlob } from '../domain/blob-entries.js';
import type { BlobEntry, Image } from '../domain/image.js';
import { RegistryError } from '../errors.js';
import type { Writer } from './heartbeat.js';
import type { Parts } from './parts.js';

/** The way of imported data into one store. */
export class ImportLeg implements Writer {
  readonly image: string;
  /** Name of the store. */
  readonly store: string;
  isEntered = false;
  readonly #stop = new AbortController();
  #blob: BlobEntry | undefined;

  constructor(image: string, store: string) {
    this.image = image;
    this.store = store;
  }

  get entry(): string | null {
    return this.#blob?.id ?? null;
  }

  /** The entry as it came into the image's record. */
  get blob(): BlobEntry {
    if (this.#blob === undefined) throw new RegistryError('internal', 'no image was claimed');
    return this.#blob;
  }

  /** Aborted when the blob is no longer wanted. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  abort(reason: RegistryError): void {
    this.#stop.abort(reason);
  }

  /**
   * The entry of the blob to come; called again when the record has changed meanwhile.
   * @param isCopy whether it is of an image that is active already
   */
  claim({ heartbeat }: Pick<Parts, 'heartbeat'>, image: Image, task: string, isCopy: boolean): BlobEntry {
    this.#blob = newBlob({
      store: this.store,
      purpose: isCopy ? 'copy' : 'data',
      onFailure: isCopy ? 'none' : 'queued',
      process: heartbeat.id,
      owner: image.owner,
      reserved: image.size ?? 0,
      task,
    });
    return this.#blob;
  }
}
