import os from 'node:os';
import { mapped, type Figure } from './measure.js';
import { ratioOf, verdictOf, type Row, type Target, type Unit, type Verdict } from './row.js';

/** What was measured, when and where. */
export interface Report {
  /** ISO 8601. */
  readonly date: string;
  readonly machine: string;
  /** Sizes for a check in development; the numbers say nothing. */
  readonly quick: boolean;
  readonly seconds: number;
  /** Processes that wanted to run, by core, in the minute before the start: more than 0 is somebody else's. */
  readonly loadBefore: number;
  readonly rows: readonly (Row & { readonly ratio: number; readonly verdict: Verdict })[];
}

/** What is told of a run. */
export type Run = Pick<Report, 'quick' | 'seconds' | 'loadBefore'>;

export function reportOf(rows: readonly Row[], { quick, seconds, loadBefore }: Run): Report {
  const [cpu] = os.cpus();
  return {
    date: new Date().toISOString(),
    machine: `${os.cpus().length} × ${cpu?.model ?? 'unknown'}, Node ${process.version}`,
    quick,
    seconds: rounded(seconds),
    loadBefore: rounded(loadBefore),
    rows: rows.map((row) => ({
      ...row,
      registry: mapped(row.registry, rounded),
      baseline: mapped(row.baseline, rounded),
      ratio: rounded(ratioOf(row)),
      verdict: verdictOf(row),
    })),
  };
}

/** The report as a table in Markdown, also good to read in a terminal. */
export function tableOf(
  { date, machine, quick, seconds, loadBefore, rows }: Report,
  names: readonly [one: string, other: string] = ['registry', 'baseline'],
): string {
  const head = ['what', ...names, 'ratio', 'target', 'is', 'notes', `the ${names[1]}`];
  const cells = rows.map((row) => [
    row.name,
    shown(row.registry, row.unit),
    shown(row.baseline, row.unit),
    row.ratio.toFixed(2),
    row.target === undefined ? '' : wordsFor(row.target, row.unit),
    row.verdict,
    [...(row.faults ?? []), ...row.notes].join('; '),
    row.against,
  ]);
  const widths = head.map((title, column) =>
    Math.max(title.length, ...cells.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [
    `Measured ${date} on ${machine}, in ${Math.round(seconds)} s${quick ? ', with the small sizes of --quick' : ''}.`,
    `Medians, with the least and the most of all rounds in brackets. Load of each core by others before the start: ${loadBefore}.`,
    '',
    line(head),
    line(widths.map((width) => '-'.repeat(width))),
    ...cells.map(line),
    '',
  ].join('\n');
}

function shown({ median, least, most }: Figure, unit: Unit): string {
  return least === most ? `${median} ${unit}` : `${median} ${unit} (${least} to ${most})`;
}

function wordsFor({ of, bound, value }: Target, unit: Unit): string {
  return of === 'ratio' ? `${bound} ${value}` : `${bound} ${value} ${unit}`;
}

/** Three digits that count. */
function rounded(value: number): number {
  return Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3));
}
