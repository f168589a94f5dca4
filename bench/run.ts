/**
 * Measures the registry against baselines: `npm run bench`, with `-- --quick` for a check in development, `-- --against URL` for another server in the place of the
 * baselines. README.md tells more. Exit code 1 when something that was measured was not done right.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import os from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { againstCase } from './against-case.js';
import type { Bench, Case } from './bench.js';
import { copyCase } from './copy-case.js';
import { createCase } from './create-case.js';
import { downloadCase } from './download-case.js';
import { eventLoopCase } from './event-loop-case.js';
import { Fills } from './fills.js';
import { frontCase } from './front-case.js';
import { growthCase } from './growth-case.js';
import { manyUploadsCase } from './many-uploads-case.js';
import { memoryCase } from './memory-case.js';
import { redisCase } from './redis-case.js';
import { reportOf, tableOf } from './report.js';
import { requestsCase } from './requests-case.js';
import type { Row } from './row.js';
import { s3Case } from './s3-case.js';
import { FULL, QUICK, withImages } from './scale.js';
import { scanCase } from './scan-case.js';
import { smallUploadsCase } from './small-uploads-case.js';
import { spaceCase } from './space-case.js';
import { startCase } from './start-case.js';
import { uploadCase } from './upload-case.js';

const CASES: Readonly<Record<string, Case>> = {
  upload: uploadCase,
  'many-uploads': manyUploadsCase,
  download: downloadCase,
  front: frontCase,
  'event-loop': eventLoopCase,
  requests: requestsCase,
  growth: growthCase,
  scan: scanCase,
  create: createCase,
  'small-uploads': smallUploadsCase,
  copy: copyCase,
  start: startCase,
  redis: redisCase,
  space: spaceCase,
  memory: memoryCase,
  s3: s3Case,
};
/** Fewer images than this are too few for what listings are checked for. */
const LEAST_IMAGES = 1000;

const { values, positionals } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    images: { type: 'string' },
    against: { type: 'string' },
    token: { type: 'string' },
  },
  allowPositionals: true,
});
const { quick, images, against, token = process.env.OS_TOKEN } = values;
const [minute = 0] = os.loadavg();
const loadBefore = minute / os.availableParallelism();
const start = performance.now();
const fills = new Fills();
const rows: Row[] = [];
const failed: string[] = [];
try {
  const bench: Bench = { scale: scaleOf(), fills };
  if (against !== undefined)
    rows.push(...(await againstCase(bench, { url: against.replace(/\/+$/, ''), token })));
  else for (const [name, work] of wanted()) await measure(name, work, bench);
} finally {
  await fills.close();
}
const report = reportOf(rows, { quick, seconds: (performance.now() - start) / 1000, loadBefore });
const table = tableOf(report, against === undefined ? undefined : ['registry', 'other server']);
console.log(`\n${table}`);
if (failed.length > 0) {
  console.error(`not measured: ${failed.join(', ')}`);
  process.exitCode = 1;
}
// What is not whole, or too small to say anything, must not stand where people look for the numbers.
if (
  failed.length === 0 &&
  !quick &&
  images === undefined &&
  against === undefined &&
  positionals.length === 0
) {
  const folder = fileURLToPath(new URL('results/', import.meta.url));
  await mkdir(folder, { recursive: true });
  const name = report.date.slice(0, 10);
  await writeFile(`${folder}${name}.json`, `${JSON.stringify(report, null, 2)}\n`);
  await writeFile(`${folder}latest.md`, table);
}

/** What fails keeps nothing else from being measured, and makes the run a failure. */
async function measure(name: string, work: Case, bench: Bench): Promise<void> {
  console.error(`${name} …`);
  const begun = performance.now();
  try {
    rows.push(...(await work(bench)));
  } catch (error) {
    console.error(error);
    failed.push(name);
  }
  console.error(`${name} took ${Math.round((performance.now() - begun) / 1000)} s`);
}

function wanted(): [string, Case][] {
  return (positionals.length === 0 ? Object.keys(CASES) : positionals).map((name) => {
    const work = CASES[name];
    if (work === undefined) throw new Error(`no case ${name}, there are ${Object.keys(CASES).join(', ')}`);
    return [name, work];
  });
}

function scaleOf(): Bench['scale'] {
  const scale = quick ? QUICK : FULL;
  if (images === undefined) return scale;
  const many = Number(images);
  if (!Number.isInteger(many) || many < LEAST_IMAGES)
    throw new Error(`--images: a whole number of at least ${LEAST_IMAGES}`);
  return withImages(scale, many);
}
