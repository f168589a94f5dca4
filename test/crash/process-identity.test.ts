import assert from 'node:assert/strict';
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import {
  processIdentity,
  stateOfProcess,
  type ProcessIdentity,
} from '../../lib/services/process-identity.js';
import { until } from '../support/until.js';

/** State and start time of a process, proc(5): fields 3 and 22. */
async function statOf(pid: number): Promise<{ state: string; start: string }> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0]!, start: fields[19]! };
}

describe('the name of a process', () => {
  let children: ChildProcessByStdio<null, Readable, null>[] = [];
  let here: ProcessIdentity;

  function run(script: string): ChildProcessByStdio<null, Readable, null> {
    const child = spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'ignore'] });
    children.push(child);
    return child;
  }

  async function firstLine(child: ChildProcessByStdio<null, Readable, null>): Promise<string> {
    const [text] = (await once(child.stdout, 'data')) as [Buffer];
    return text.toString().trim();
  }

  async function identityOf(pid: number): Promise<ProcessIdentity> {
    return { ...here, pid, start: (await statOf(pid)).start };
  }

  before(async () => {
    here = await processIdentity();
  });

  afterEach(() => {
    for (const child of children) child.kill('SIGKILL');
    children = [];
  });

  it('is the same each time, and made of boot, pid namespace, pid and start time', async () => {
    assert.deepEqual(await processIdentity(), here);
    assert.equal(here.pid, process.pid);
    assert.equal(here.start, (await statOf(process.pid)).start);
    assert.match(here.boot ?? '', /^[0-9a-f-]{36}$/);
    assert.match(here.namespace ?? '', /^pid:\[\d+\]$/);
  });

  it('is of a living process while it lives', async () => {
    assert.equal(await stateOfProcess(here), 'living');
    const child = run('echo up; exec sleep 1000');
    await firstLine(child);
    assert.equal(await stateOfProcess(await identityOf(child.pid!)), 'living');
  });

  it('is of a living process while it stands still', async () => {
    const child = run('echo up; exec sleep 1000');
    await firstLine(child);
    child.kill('SIGSTOP');
    await until('it stands still', async () => (await statOf(child.pid!)).state === 'T');
    assert.equal(await stateOfProcess(await identityOf(child.pid!)), 'living');
  });

  it('is of one that has ended, once that has ended', async () => {
    const child = run('echo up; exec sleep 1000');
    await firstLine(child);
    const identity = await identityOf(child.pid!);
    child.kill('SIGKILL');
    await once(child, 'close');
    assert.equal(await stateOfProcess(identity), 'ended');
  });

  it('is of one that has ended when its parent has not waited for it', async () => {
    const child = run('sleep 1000 & echo $!; exec sleep 1000');
    const zombie = Number(await firstLine(child));
    const programOf = (pid: number): Promise<string> => readFile(`/proc/${pid}/comm`, 'utf8');
    // The shell becomes another program, which knows nothing of the child.
    await until('the shell has gone', async () => (await programOf(child.pid!)) === 'sleep\n');
    const identity = await identityOf(zombie);
    process.kill(zombie, 'SIGKILL');
    await until('it is a zombie', async () => (await statOf(zombie)).state === 'Z');
    assert.equal(await stateOfProcess(identity), 'ended');
  });

  it('is of one that has ended when another one has its pid now', async () => {
    const start = String(Number(here.start) - 1);
    assert.equal(await stateOfProcess({ ...here, start }), 'ended');
  });

  it('is not judged when it is of another boot or pid namespace, or of a host that names neither', async () => {
    const child = run('exit 0');
    const ended = { ...here, pid: child.pid!, start: '1' };
    await once(child, 'close');
    assert.equal(await stateOfProcess(ended), 'ended');
    for (const other of [{ boot: 'another-boot' }, { namespace: 'pid:[1]' }, { boot: null }, { start: null }])
      assert.equal(await stateOfProcess({ ...ended, ...other }), 'unknown', JSON.stringify(other));
  });
});
