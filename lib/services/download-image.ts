import { once } from 'node:events';
import { Readable } from 'node:stream';
import type { ReadOptions } from '../blobs/blob-store.js';
import { noSuchImage } from '../domain/access.js';
import { keptBlobs, type KeptBlob } from '../domain/blob-entries.js';
import { placesOf, storeOf, type DataPlace } from '../domain/data-places.js';
import type { Caller } from '../domain/identity.js';
import type { Image, PublicImage } from '../domain/image.js';
import { isRegistryError, RegistryError } from '../errors.js';
import type { Judge } from './judge.js';
import type { Parts } from './parts.js';
import { WholeBody, type Digest } from './whole-body.js';

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
  /** Whether the name of a file will do in place of the bytes, where a store keeps files. Default false. */
  readonly asFile?: boolean | undefined;
  /** Ends the stream. */
  readonly signal?: AbortSignal | undefined;
}

/** A range, all of the data, or nothing of it. */
export type DownloadPart = ByteRange | 'all' | 'none';

/** Data that has been opened. */
export interface Download {
  readonly image: PublicImage;
  /** Bytes that were asked for. */
  readonly size: number;
  /** It has exactly `size` bytes, or fails. To be read to its end or destroyed. Empty beside a `file`. */
  readonly stream: Readable;
  /**
   * With `asFile`: where the file is that has the whole of the data, as the port BlobStore has it (`fileOf`), of several stores with the name of the
   * store in front. It was there, with the size of the image. Null: there is none, the bytes are in the stream.
   */
  readonly file: string | null;
}

/** What is wanted of a place. */
interface Wanted {
  /** Bytes. */
  readonly size: number;
  readonly asFile: boolean;
  readonly read: ReadOptions;
}

/** Opens the data of images. */
export class DownloadImage {
  readonly #parts: Pick<Parts, 'catalogue' | 'stores' | 'sources' | 'log'>;
  readonly #judge: Judge;

  constructor(parts: Pick<Parts, 'catalogue' | 'stores' | 'sources' | 'log'>, judge: Judge) {
    this.#parts = parts;
    this.#judge = judge;
  }

  async run(caller: Caller, id: string, options: DownloadOptions): Promise<Download> {
    const { range = 'all', asFile = false, signal } = options;
    this.#judge.beforeLookup(caller, ['get_image', 'download_image']);
    for (let missing: string | undefined; ;) {
      const image = this.#judged(caller, (await this.#parts.catalogue.get(id))?.image);
      const shown = this.#judge.shown(caller, image);
      const blobs = keptBlobs(image).map((blob) => blob.id);
      // The record still names them: they are not there, whoever has removed them.
      if (missing === blobs.join()) throw this.#isMissing(image, missing);
      const part = checkPart(typeof range === 'function' ? range(shown) : range, image.size ?? 0);
      try {
        return { image: shown, ...(await this.#open(image, part, { asFile, signal })) };
      } catch (error) {
        // It may have been deleted meanwhile: the record tells.
        if (!isRegistryError(error, 'blob_not_found')) throw error;
        missing = blobs.join();
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
    part: DownloadPart,
    { asFile, signal }: { readonly asFile: boolean; readonly signal: AbortSignal | undefined },
  ): Promise<Pick<Download, 'size' | 'stream' | 'file'>> {
    if (part === 'none') return { size: 0, stream: nothing(), file: null };
    const whole = image.size ?? 0;
    const size = part === 'all' ? whole : part.end - part.start + 1;
    const read = {
      ...(part === 'all' ? {} : { start: part.start, end: part.end }),
      ...(signal === undefined ? {} : { signal }),
    };
    const places = placesOf(image);
    // An image that was made without data and with a size of 0.
    if (places.length === 0) return { size, stream: nothing(), file: null };
    return { size, ...(await this.#openFirst(image, places, { size, asFile, read })) };
  }

  /** The data from the first place that gives some of it. */
  async #openFirst(
    image: Image,
    places: readonly DataPlace[],
    { size, asFile, read }: Wanted,
  ): Promise<Pick<Download, 'stream' | 'file'>> {
    const failures: RegistryError[] = [];
    for (const [index, place] of places.entries()) {
      try {
        const file = asFile ? await this.#fileAt(image, place) : null;
        if (file !== null) return { file, stream: nothing() };
        const data = await this.#openPlace(image, place, read);
        const digest = size === image.size ? foreignDigest(image, place) : null;
        const stream = new WholeBody(data, size, digest);
        stream.once('error', (error) => this.#tellChanged(image, error));
        // What fails behind the first bytes cannot be mended: they are on their way.
        if (index < places.length - 1) await once(stream, 'readable');
        return { stream, file: null };
      } catch (error) {
        read.signal?.throwIfAborted();
        if (!isRegistryError(error)) throw error;
        failures.push(error);
        if (places.length > 1)
          this.#parts.log.warn(
            { err: error, image: image.id, store: storeOf(place) },
            'one of the places of an image cannot be read',
          );
      }
    }
    throw worst(failures);
  }

  async #openPlace(image: Image, place: DataPlace, options: ReadOptions): Promise<Readable> {
    if (place.kind === 'blob') {
      await this.#checkSize(image, place.blob);
      return this.#parts.stores.at(place.blob).read(place.blob.location, options);
    }
    return this.#parts.sources.read(place.location.url, { ...options, size: image.size ?? 0 });
  }

  /** The file in which the whole of the data is, null when the place has none. */
  async #fileAt(image: Image, place: DataPlace): Promise<string | null> {
    if (place.kind !== 'blob') return null;
    const file = this.#parts.stores.fileOf(place.blob);
    if (file !== null) await this.#checkSize(image, place.blob);
    return file;
  }

  /** Nothing of a blob that has not the size of its image may look like success. */
  async #checkSize({ id, size }: Image, blob: KeptBlob): Promise<void> {
    const { size: stored } = await this.#parts.stores.at(blob).stat(blob.location);
    if (stored !== size) {
      this.#parts.log.error({ image: id, size, stored }, 'the size of a blob does not match its image');
      throw new RegistryError('blob_damaged', `image ${id} has ${size} bytes, its blob ${stored}`);
    }
  }

  #tellChanged({ id }: Image, error: unknown): void {
    if (isRegistryError(error, 'blob_damaged'))
      this.#parts.log.error({ err: error, image: id }, 'the data of an image has changed elsewhere');
  }

  /** As the reference answers. */
  #isMissing({ id }: Image, blobs: string): RegistryError {
    this.#parts.log.error({ image: id, blobs }, 'the blob of an image is missing');
    return noSuchImage();
  }
}

/** What is known of data that somebody else may change at any time; own stores never change theirs. */
function foreignDigest(image: Image, place: DataPlace): Digest | null {
  const { os_hash_algo: algorithm, os_hash_value: value, checksum } = image;
  if (place.kind === 'blob') return null;
  if (algorithm !== null && value !== null) return { algorithm, value };
  return checksum === null ? null : { algorithm: 'md5', value: checksum };
}

/** Nothing is known of data in a place that is out of reach: that comes before what is known to be wrong elsewhere. */
function worst(failures: readonly RegistryError[]): RegistryError {
  const [first = new RegistryError('internal', 'no place was tried')] = failures;
  return (
    failures.find(({ status }) => status === 503) ??
    failures.find(({ code }) => code !== 'blob_not_found') ??
    first
  );
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
