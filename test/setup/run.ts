/**
 * `npm test` and `npm run test:quick`: tests in two processes of mocha at once. What a part of them writes is shown when it ends, and
 * the last line is the sum, `N passed, M failed`.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { compile, PROJECTS } from '../support/built-script.js';
import { ALL, BUILT, partsOf, QUICK, SLOT, type Part } from './part.js';

const AT_ONCE = 2;

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const MOCHA = path.join(ROOT, 'node_modules/mocha/bin/mocha.js');
const FLAGS: readonly string[] = [
  ...['--forbid-only', '--forbid-pending', '--fail-zero'],
  ...['--reporter', 'test/setup/counting-reporter.ts', '--require', 'test/setup/left-over.ts'],
  ...(process.stdout.isTTY ? ['--color'] : []),
];

interface Count {
  readonly passed: number;
  readonly failed: number;
}

const running = new Set<ChildProcess>();

/** Runs a part to its end and shows what it wrote. */
async function run({ name, files }: Part, flags: readonly string[], slot: number): Promise<Count> {
  const begun = performance.now();
  const child = spawn(process.execPath, [MOCHA, ...FLAGS, ...flags, ...files], {
    cwd: ROOT,
    env: { ...process.env, [SLOT]: String(slot), [BUILT]: 'yes' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => void chunks.push(chunk));
  const code = await new Promise<number | null>((resolve, reject) =>
    child.once('error', reject).once('close', resolve),
  );
  running.delete(child);
  const output = Buffer.concat(chunks).toString();
  const count = countOf(output, code);
  const seconds = Math.round((performance.now() - begun) / 1000);
  process.stdout.write(`\n=== ${name}\n${output}`);
  console.log(`=== ${name}: ${count.failed === 0 ? 'passed' : 'failed'} in ${seconds} s\n`);
  return count;
}

/** A process that does not end well has failed, and so has one without a test, whatever it said. */
function countOf(output: string, code: number | null): Count {
  const found = [...output.matchAll(/^(\d+) passed, (\d+) failed$/gm)].at(-1);
  const [passed = 0, failed = 0] = found?.slice(1).map(Number) ?? [];
  return { passed, failed: code === 0 && passed > 0 ? failed : Math.max(1, failed) };
}

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    for (const child of running) child.kill(signal);
    process.kill(process.pid, signal);
  });

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
const choice = values.quick ? QUICK : ALL;
if (choice.scripts) await compile(...PROJECTS);
const files = readdirSync(path.join(ROOT, 'test'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.test.ts'))
  .map((file) => path.join('test', file))
  .sort();
const parts = partsOf(choice, files);
const counts: Count[] = [];
async function runParts(slot: number): Promise<void> {
  for (let part = parts.shift(); part !== undefined; part = parts.shift())
    counts.push(await run(part, choice.flags, slot));
}
await Promise.all(Array.from({ length: AT_ONCE }, (_, slot) => runParts(slot)));
const sum = (of: keyof Count): number => counts.reduce((total, count) => total + count[of], 0);
console.log(`${sum('passed')} passed, ${sum('failed')} failed`);
if (sum('failed') > 0 || sum('passed') === 0) process.exitCode = 1;
