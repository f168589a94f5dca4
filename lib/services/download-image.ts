import { pipeline, Readable } from 'node:stream';
import type { ReadOptions } from '../blobs/blob-store.js';
import { noSuchImage } from '../domain/access.js';
import { keptBlobs } from '../domain/blob-entries.js';
import type { Caller } from '../domain/identity.js';
import type { BlobEntry, Image } from '../domain/image.js';
import type { PublicImage } from '../domain/image.js';
import { isRegistryError, RegistryError } from '../errors.js';
import type { Judge } from './judge.js';
import type { Parts } from './parts.js';
import { WholeBody } from './whole-body.js';

/** A part of an image's data, in bytes; both ends inclusive. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

export interface DownloadOptions {
  /**
   * What is wanted of the data: a range, all of it, or nothing, when it is not even opened. A function tells it from the image; what it
   * throws refuses the download. Default: all of it.
   */
  readonly range?: DownloadPart | ((image: PublicImage) => DownloadPart) | undefined;
  /** Ends the stream. */
  readonly signal?: AbortSignal | undefined;
}

/** A range, all of the data, or nothing of it. */
export type DownloadPart = ByteRange | 'all' | 'none';
type KeptBlob = BlobEntry & { readonly location: string };

/** Data that has been opened. */
export interface Download {
  readonly image: PublicImage;
  /** Bytes that the stream has. */
  readonly size: number;
  /** It has exactly `size` bytes, or fails. To be read to its end or destroyed. */
  readonly stream: Readable;
}

/** Opens the data of images. */
export class DownloadImage {
  readonly #parts: Pick<Parts, 'catalogue' | 'stores' | 'sources' | 'log'>;
  readonly #judge: Judge;

  constructor(parts: Pick<Parts, 'catalogue' | 'stores' | 'sources' | 'log'>, judge: Judge) {
    this.#parts = parts;
    this.#judge = judge;
  }

  async run(caller: Caller, id: string, { range = 'all', signal }: DownloadOptions): Promise<Download> {
    this.#judge.beforeLookup(caller, ['get_image', 'download_image']);
    for (let missing: string | undefined; ;) {
      const image = this.#judged(caller, (await this.#parts.catalogue.get(id))?.image);
      const shown = this.#judge.shown(caller, image);
      const [blob] = keptBlobs(image);
      // The record still names it: it is not there, whoever has removed it.
      if (missing !== undefined && blob?.id === missing) throw this.#isMissing(image, missing);
      const part = checkPart(typeof range === 'function' ? range(shown) : range, image.size ?? 0);
      try {
        return { image: shown, ...(await this.#open(image, blob, part, signal)) };
      } catch (error) {
        // It may have been deleted meanwhile: the record tells.
        if (blob === undefined || !isRegistryError(error, 'blob_not_found')) throw error;
        missing = blob.id;
      }
    }
  }

  /** The image, when the caller may have its data. */
  #judged(caller: Caller, current: Image | undefined): Image {
    const { access, dialect } = this.#judge;
    const image = this.#judge.allowed(caller, current, 'get_image');
    const isOpen = image.status === 'active' || (caller.admin && dialect.adminsFetchDeactivated);
    if (image.status === 'deactivated' && !isOpen)
      throw new RegistryError('forbidden', 'This image is deactivated.');
    if (image.status !== 'active' && image.status !== 'deactivated')
      throw new RegistryError('no_data', 'This image has no data.');
    access.require('download_image', caller, image);
    return image;
  }

  async #open(
    image: Image,
    blob: KeptBlob | undefined,
    part: DownloadPart,
    signal: AbortSignal | undefined,
  ): Promise<Pick<Download, 'size' | 'stream'>> {
    if (part === 'none') return { size: 0, stream: nothing() };
    const whole = image.size ?? 0;
    const size = part === 'all' ? whole : part.end - part.start + 1;
    const options = {
      ...(part === 'all' ? {} : { start: part.start, end: part.end }),
      ...(signal === undefined ? {} : { signal }),
    };
    const [location] = image.locations;
    let data: Readable;
    if (blob !== undefined) data = await this.#openBlob(image, blob, options);
    else if (location !== undefined)
      data = await this.#parts.sources.read(location.url, { ...options, size: whole });
    // An image that was made without data and with a size of 0.
    else return { size, stream: nothing() };
    // A failure of either ends both, and shows in the one that is read.
    return { size, stream: pipeline(data, new WholeBody(size), () => undefined) };
  }

  /** Nothing of a blob that has not the size of its image may look like success. */
  async #openBlob({ id, size }: Image, blob: KeptBlob, options: ReadOptions): Promise<Readable> {
    const store = this.#parts.stores.at(blob);
    const { size: stored } = await store.stat(blob.location);
    if (stored !== size) {
      this.#parts.log.error({ image: id, size, stored }, 'the size of a blob does not match its image');
      throw new RegistryError('blob_damaged', `image ${id} has ${size} bytes, its blob ${stored}`);
    }
    return store.read(blob.location, options);
  }

  /** As the reference answers. */
  #isMissing({ id }: Image, blob: string): RegistryError {
    this.#parts.log.error({ image: id, blob }, 'the blob of an image is missing');
    return noSuchImage();
  }
}

function nothing(): Readable {
  return Readable.from([], { objectMode: false });
}

/** @throws RegistryError `range_not_satisfiable` */
function checkPart(part: DownloadPart, size: number): DownloadPart {
  if (part === 'all' || part === 'none') return part;
  const { start, end } = part;
  if (Number.isSafeInteger(start) && Number.isSafeInteger(end) && start >= 0 && start <= end && end < size)
    return part;
  throw new RegistryError('range_not_satisfiable', `This image has ${size} bytes.`);
}
