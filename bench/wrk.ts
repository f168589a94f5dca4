import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cpuOfChildren } from './server-process.js';
import { scriptOf } from './scripts.js';

const SCRIPT = fileURLToPath(new URL('requests.lua', import.meta.url));
const HEAD_LOAD = scriptOf('head-load');
const run = promisify(execFile);
/** Lua that asks for one path after the other. */
const IN_TURN = `local at = 0
request = function()
  at = at % #paths + 1
  return wrk.format(nil, paths[at])
end`;

/** What wrk has counted. */
export interface Counted {
  /** Requests per second. */
  readonly rate: number;
  readonly requests: number;
  /** ms */
  readonly median: number;
  /** ms */
  readonly p99: number;
  /** Cores that the client itself needed. */
  readonly cores: number;
}

/** What to ask for; by default GET without a body. */
export interface Asked {
  readonly url: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Asked for in turns, in the place of the URL's path. */
  readonly paths?: readonly string[];
}

/** Asks again and again over so many connections, for so many seconds, and makes sure that nothing was refused. */
export async function wrk(asked: Asked, load: number, connections = 16): Promise<Counted> {
  const { url, method = 'GET', headers = {}, body, paths } = asked;
  if (method === 'HEAD') {
    const args = [HEAD_LOAD, url, String(load), String(connections)];
    return JSON.parse((await run(process.execPath, args)).stdout) as Counted;
  }
  const script = `${SCRIPT}.${process.pid}`;
  const lines = [
    `wrk.method = ${lua(method)}`,
    ...(body === undefined ? [] : [`wrk.body = ${lua(body)}`]),
    ...(paths === undefined ? [] : [`local paths = { ${paths.map(lua).join(', ')} }`, IN_TURN]),
  ];
  await writeFile(script, `${lines.join('\n')}\n${await readFile(SCRIPT, 'utf8')}`);
  try {
    const args = ['-t1', `-c${connections}`, `-d${load}s`, '--timeout', '30s', '-s', script];
    for (const [name, value] of Object.entries(headers)) args.push('-H', `${name}: ${value}`);
    const before = await cpuOfChildren();
    const { stdout } = await run('wrk', [...args, url]);
    const cpu = (await cpuOfChildren()) - before;
    const line = stdout.trimEnd().split('\n').at(-1) ?? '';
    const { requests, seconds, faults, ...times } = JSON.parse(line) as Summary;
    assert.equal(faults, 0, `${url}: ${stdout}`);
    return { rate: requests / seconds, requests, ...times, cores: cpu / seconds };
  } finally {
    await rm(script);
  }
}

/** As `requests.lua` writes it. */
interface Summary {
  readonly requests: number;
  readonly seconds: number;
  readonly faults: number;
  readonly median: number;
  readonly p99: number;
}

/** A string of Lua: JSON's escapes of what is plain ASCII are the same. */
function lua(text: string): string {
  return JSON.stringify(text);
}
