/** What several rounds have given: the median, and between what they lay. */
export interface Figure {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

const MIB = 1024 * 1024;

export function toMib(bytes: number): number {
  return bytes / MIB;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined) throw new Error('no values');
  return middle;
}

/** The 99th percentile. */
export function p99(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.99)] ?? 0;
}

export function figureOf(values: readonly number[]): Figure {
  return { median: median(values), least: Math.min(...values), most: Math.max(...values) };
}

/** A figure by another unit, or from another side: `by` must keep or reverse the order. */
export function mapped({ median: middle, least, most }: Figure, by: (value: number) => number): Figure {
  const [one, other] = [by(least), by(most)];
  return { median: by(middle), least: Math.min(one, other), most: Math.max(one, other) };
}

/**
 * Does several works in turns, `rounds` times, so that all have the same share of what else the machine does.
 * @param works each gives what it has measured
 */
export async function inTurns<Name extends string>(
  rounds: number,
  works: Readonly<Record<Name, (round: number) => Promise<number>>>,
): Promise<Record<Name, Figure>> {
  const entries = Object.entries(works) as [Name, (round: number) => Promise<number>][];
  const values = new Map(entries.map(([name]): [Name, number[]] => [name, []]));
  for (let round = 0; round < rounds; round += 1)
    for (const [name, work] of entries) values.get(name)?.push(await work(round));
  return Object.fromEntries([...values].map(([name, found]) => [name, figureOf(found)])) as Record<
    Name,
    Figure
  >;
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
  work: (n: number) => Promise<unknown>,
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
