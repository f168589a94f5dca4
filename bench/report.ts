import os from 'node:os';
import type { Row } from './measure.js';

/** What was measured, when and where. */
export interface Report {
  /** ISO 8601. */
  readonly date: string;
  readonly machine: string;
  /** Sizes for a check in development; the numbers say nothing. */
  readonly quick: boolean;
  readonly seconds: number;
  readonly rows: readonly (Row & { readonly ratio: number })[];
}

export function reportOf(rows: readonly Row[], quick: boolean, seconds: number): Report {
  const [cpu] = os.cpus();
  return {
    date: new Date().toISOString(),
    machine: `${os.cpus().length} × ${cpu?.model ?? 'unknown'}, Node ${process.version}`,
    quick,
    seconds: rounded(seconds),
    rows: rows.map((row) => ({
      ...row,
      registry: rounded(row.registry),
      baseline: rounded(row.baseline),
      peakRss: rounded(row.peakRss),
      ratio: rounded(row.registry / row.baseline),
    })),
  };
}

/** The report as a table in Markdown, also good to read in a terminal. */
export function tableOf({ date, machine, quick, seconds, rows }: Report): string {
  const head = ['what', 'registry', 'baseline', 'ratio', 'peak RSS', 'note', 'the baseline'];
  const cells = rows.map(({ name, unit, registry, baseline, ratio, peakRss, note, against }) => [
    name,
    `${registry} ${unit}`,
    `${baseline} ${unit}`,
    ratio.toFixed(2),
    `${Math.round(peakRss)} MiB`,
    note,
    against,
  ]);
  const widths = head.map((title, column) =>
    Math.max(title.length, ...cells.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [
    `Measured ${date} on ${machine}, in ${Math.round(seconds)} s${quick ? ', with the small sizes of --quick' : ''}.`,
    "The ratio is the registry's time (or memory) by that of the baseline in the same run; below 1 the registry is better.",
    '',
    line(head),
    line(widths.map((width) => '-'.repeat(width))),
    ...cells.map(line),
    '',
  ].join('\n');
}

/** Three digits that count. */
function rounded(value: number): number {
  return value >= 100 ? Math.round(value) : Number(value.toPrecision(3));
}
