/**
 * Measures the registry against baselines: `npm run bench`, with `-- --quick` for a check in development. The numbers
 * go to stdout and to `bench/results/`. Exit code 1 when something that was measured was not done right.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { copyCase } from './copy-case.js';
import { createCase } from './create-case.js';
import { downloadCase } from './download-case.js';
import { eventLoopCase } from './event-loop-case.js';
import { listingCase } from './listing-case.js';
import { manyUploadsCase } from './many-uploads-case.js';
import { FULL, QUICK, type Row, type Scale } from './measure.js';
import { memoryCase } from './memory-case.js';
import { reportOf, tableOf } from './report.js';
import { s3Case } from './s3-case.js';
import { smallUploadsCase } from './small-uploads-case.js';
import { uploadCase } from './upload-case.js';

const CASES: Readonly<Record<string, (scale: Scale) => Promise<Row[]>>> = {
  upload: uploadCase,
  'many-uploads': manyUploadsCase,
  'event-loop': eventLoopCase,
  download: downloadCase,
  copy: copyCase,
  memory: memoryCase,
  listing: listingCase,
  create: createCase,
  'small-uploads': smallUploadsCase,
  s3: s3Case,
};

const { values, positionals } = parseArgs({
  options: { quick: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const { quick } = values;
const wanted = positionals.length === 0 ? Object.keys(CASES) : positionals;
const start = performance.now();
const rows: Row[] = [];
for (const name of wanted) {
  const run = CASES[name];
  if (run === undefined) throw new Error(`no case ${name}, there are ${Object.keys(CASES).join(', ')}`);
  console.error(`${name} …`);
  rows.push(...(await run(quick ? QUICK : FULL)));
}
const report = reportOf(rows, quick, (performance.now() - start) / 1000);
const table = tableOf(report);
console.log(`\n${table}`);
// What is not whole, or too small to say anything, must not stand where people look for the numbers.
if (!quick && positionals.length === 0) {
  const folder = fileURLToPath(new URL('results/', import.meta.url));
  await mkdir(folder, { recursive: true });
  const name = report.date.slice(0, 10);
  await writeFile(`${folder}${name}.json`, `${JSON.stringify(report, null, 2)}\n`);
  await writeFile(`${folder}latest.md`, table);
}
