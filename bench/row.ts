import { mapped, type Figure } from './measure.js';

/** Of these more is better; of the others less. */
const RATES = ['MiB/s', 'requests/s', 'images/s', 'records/s'] as const;
export type Unit = (typeof RATES)[number] | 's' | 'ms' | 'MiB' | 'bytes';

/** What is wanted of a line: of the ratio to the baseline, or of the registry's own figure. */
export interface Target {
  readonly of: 'ratio' | 'figure';
  readonly bound: 'at most' | 'at least';
  readonly value: number;
}

export const atMost = (value: number, of: Target['of'] = 'ratio'): Target => ({
  of,
  bound: 'at most',
  value,
});
export const atLeast = (value: number, of: Target['of'] = 'ratio'): Target => ({
  of,
  bound: 'at least',
  value,
});

/** One line of the result. */
export interface Row {
  /** What was done. */
  readonly name: string;
  readonly unit: Unit;
  readonly registry: Figure;
  readonly baseline: Figure;
  /** What the baseline is. */
  readonly against: string;
  readonly target?: Target | undefined;
  /** In the reader's words: throughput, percentiles and the like. */
  readonly notes: readonly string[];
  /** Why the baseline is none: what an outside program does better by more than a fifth. */
  readonly faults?: readonly string[];
  /** More figures, for the file of results alone. */
  readonly details?: Readonly<Record<string, number>>;
}

export type Verdict = 'reached' | 'not reached' | 'INVALID' | '';

export function ratioOf({ registry, baseline }: Row): number {
  return registry.median / baseline.median;
}

export function verdictOf(row: Row): Verdict {
  const { target, faults = [], registry } = row;
  if (faults.length > 0) return 'INVALID';
  if (target === undefined) return '';
  const value = target.of === 'ratio' ? ratioOf(row) : registry.median;
  return (target.bound === 'at most' ? value <= target.value : value >= target.value)
    ? 'reached'
    : 'not reached';
}

/** What a baseline must reach of an outside program that does the same. */
const SHARE = 0.8;

/** Why a baseline is none, if so: `outside` is what another program needs for the same (or how much of it it does). */
export function faultsOf(baseline: Figure, outside: Figure, unit: Unit, what: string): readonly string[] {
  const share = isRate(unit) ? baseline.median / outside.median : outside.median / baseline.median;
  return share >= SHARE ? [] : [`the baseline does ${share.toFixed(2)} of ${what}`];
}

/** What to say of the client's part: that it needed so many cores, and that it may be what was measured. */
export function clientNote(cores: number, processes = 1): string {
  const share = cores / processes;
  return share >= 0.9
    ? `the client is the limit: ${cores.toFixed(2)} cores of ${processes}`
    : `client ${cores.toFixed(2)} cores`;
}

/** So many of something per second, from the seconds that all of them took. */
export function rateOf(taken: Figure, count: number): Figure {
  return mapped(taken, (value) => count / value);
}

function isRate(unit: Unit): boolean {
  return (RATES as readonly Unit[]).includes(unit);
}
