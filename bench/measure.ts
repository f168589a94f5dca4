/** One line of the result. */
export interface Row {
  /** What was done. */
  readonly name: string;
  /** What `registry` and `baseline` are: the less, the better. */
  readonly unit: 's' | 'ms' | 'MiB';
  readonly registry: number;
  readonly baseline: number;
  /** What the baseline does. */
  readonly against: string;
  /** The most memory that the registry's process had, MiB. */
  readonly peakRss: number;
  /** In the reader's words: throughput and the like. */
  readonly note: string;
}

/** How large and how often. */
export interface Scale {
  /** Bytes of one large transfer. */
  readonly transfer: number;
  /** Bytes of an image copied from another server. */
  readonly copy: number;
  /** Bytes of the transfer that memory is watched in. */
  readonly memoryTransfer: number;
  /** How often each large transfer is repeated. */
  readonly rounds: number;
  /** Images of the small and the large catalogue. */
  readonly images: readonly [number, number];
  /** Requests for each listing. */
  readonly requests: number;
  readonly creations: number;
  readonly smallUploads: number;
}

const MIB = 1024 * 1024;
export const FULL: Scale = {
  transfer: 1024 * MIB,
  copy: 2048 * MIB,
  memoryTransfer: 5 * 1024 * MIB,
  rounds: 3,
  images: [1000, 100_000],
  requests: 300,
  creations: 3000,
  smallUploads: 600,
};
export const QUICK: Scale = {
  transfer: 64 * MIB,
  copy: 128 * MIB,
  memoryTransfer: 256 * MIB,
  rounds: 3,
  images: [400, 4000],
  requests: 60,
  creations: 300,
  smallUploads: 100,
};

export function toMib(bytes: number): number {
  return bytes / MIB;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined) throw new Error('no values');
  return middle;
}

/** Seconds that `work` takes. */
export async function seconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

/** Seconds of CPU time that this process takes for `work`. */
export async function cpuSeconds(work: () => unknown): Promise<number> {
  const start = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6;
}

/** Calls `work` for each number from 0 to `count` - 1, `width` of them at once. */
export async function atOnce(
  count: number,
  width: number,
  work: (n: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      const n = next;
      next += 1;
      await work(n);
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
}
