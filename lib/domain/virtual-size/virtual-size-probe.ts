import { type Inspection, iso, qcow2, type Span, vdi, vhd, vhdx, vmdk } from './inspections.js';

/** What looks into which disk format; formats that are not here say nothing of what a guest sees. */
const INSPECTIONS: ReadonlyMap<string, () => Inspection> = new Map([
  ['qcow2', qcow2],
  ['vdi', vdi],
  ['vmdk', vmdk],
  ['vhd', vhd],
  ['vhdx', vhdx],
  ['iso', iso],
]);

const NOTHING: Buffer = Buffer.alloc(0);

/** What is known of an image before its data comes. */
interface Formats {
  readonly disk_format: string | null;
  readonly container_format: string | null;
}

/** Finds the number of bytes that a guest sees in data that passes, in one pass and at most 64 KiB of memory. */
export class VirtualSizeProbe {
  readonly #formats: Formats;
  readonly #inspection: Inspection | null;
  #wanted: Span | null = null;
  /** What has come of the wanted span; of the last bytes those that are the last up to now. */
  #found: Buffer = NOTHING;
  #length = 0;
  #position = 0;
  #size: bigint | null = null;

  /** Only the format itself is looked at, not what another one is wrapped around it. */
  constructor(formats: Formats) {
    this.#formats = formats;
    const inspect = INSPECTIONS.get(formats.disk_format ?? '');
    this.#inspection = formats.container_format === 'bare' && inspect !== undefined ? inspect() : null;
    this.#step(this.#inspection?.next());
  }

  /** The next bytes of the data. */
  add(chunk: Buffer): void {
    while (this.#wanted !== null && this.#take(this.#wanted, chunk));
    this.#position += chunk.length;
  }

  /**
   * Bytes that a guest sees, once all data has passed.
   * @returns null when the data has not the format that the image says, or none that tells
   */
  result(): number | null {
    const { disk_format, container_format } = this.#formats;
    if (container_format === 'bare' && disk_format === 'raw')
      return this.#position === 0 ? null : this.#position;
    // The end of the data is the end of what can be found.
    while (this.#wanted !== null) this.#answer(this.#length === this.#wanted.length ? this.#found : NOTHING);
    const size = this.#size;
    return size === null || size > BigInt(Number.MAX_SAFE_INTEGER) ? null : Number(size);
  }

  /** @returns whether something else is wanted now, which this chunk may have */
  #take({ at, length }: Span, chunk: Buffer): boolean {
    if (at === null) {
      const last = Buffer.concat([this.#found.subarray(0, this.#length), chunk.subarray(-length)]);
      this.#length = Math.min(last.length, length);
      this.#found = last.subarray(-length);
      return false;
    }
    const from = at + this.#length - this.#position;
    const isGone = from < 0;
    if (!isGone) this.#length += chunk.subarray(from).copy(this.#found, this.#length);
    if (!isGone && this.#length < length) return false;
    this.#answer(isGone ? NOTHING : this.#found);
    return true;
  }

  #answer(bytes: Buffer): void {
    this.#step(this.#inspection?.next(bytes));
  }

  #step(step: IteratorResult<Span, bigint | null> | undefined): void {
    this.#wanted = step === undefined || step.done === true ? null : step.value;
    this.#length = 0;
    this.#found = Buffer.alloc(this.#wanted?.length ?? 0);
    if (step?.done === true) this.#size = step.value;
  }
}
