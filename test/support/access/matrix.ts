/** One table of the page: a row for each kind of image, a column for each kind of caller. */
export interface MatrixTable {
  readonly title: string;
  readonly rows: ReadonlyMap<string, Readonly<Record<string, string>>>;
}

/** A table in Markdown, its columns of one width each. */
export function linesOf({ title, rows }: MatrixTable): string[] {
  const callers = Object.keys([...rows.values()][0] ?? {});
  const cells = [
    ['', ...callers],
    ...[...rows].map(([row, words]) => [row, ...callers.map((caller) => words[caller] ?? '')]),
  ];
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((row) => row[column]!.length), 3));
  const lines = cells.map((row) => `| ${row.map((cell, n) => cell.padEnd(widths[n]!)).join(' | ')} |`);
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [`## ${title}`, '', lines[0]!, rule, ...lines.slice(1), ''];
}

/** The lines of one table on the page, with its title; none when it has no such table. */
export function sectionOf(page: string, title: string): string[] {
  const lines = page.split('\n');
  const start = lines.indexOf(`## ${title}`);
  if (start === -1) return [];
  const end = lines.findIndex((line, n) => n > start && line.startsWith('## '));
  return lines.slice(start, end === -1 ? undefined : end);
}

/** The titles of all tables on the page. */
export function titlesOf(page: string): string[] {
  return page.split('\n').flatMap((line) => (line.startsWith('## ') ? [line.slice(3)] : []));
}
