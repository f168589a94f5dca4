import assert from 'node:assert/strict';
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { processIdentity, processIsDead } from '../../lib/services/process-identity.js';
import { until } from '../support/until.js';

/** State and start time of a process, proc(5): fields 3 and 22. */
async function statOf(pid: number): Promise<{ state: string; start: string }> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0]!, start: fields[19]! };
}

describe('the name of a process', () => {
  let children: ChildProcessByStdio<null, Readable, null>[] = [];
  let boot: string;
  let namespace: string;

  function run(script: string): ChildProcessByStdio<null, Readable, null> {
    const child = spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'ignore'] });
    children.push(child);
    return child;
  }

  async function firstLine(child: ChildProcessByStdio<null, Readable, null>): Promise<string> {
    const [text] = (await once(child.stdout, 'data')) as [Buffer];
    return text.toString().trim();
  }

  async function nameOf(pid: number): Promise<string> {
    return `${boot} ${namespace} ${pid} ${(await statOf(pid)).start}`;
  }

  before(async () => {
    [boot, namespace] = (await processIdentity()).split(' ') as [string, string];
  });

  afterEach(() => {
    for (const child of children) child.kill('SIGKILL');
    children = [];
  });

  it('is the same each time, and made of boot, pid namespace, pid and start time', async () => {
    const name = await processIdentity();
    assert.equal(name, await processIdentity());
    assert.equal(name, await nameOf(process.pid));
  });

  it('is not of a dead process while it lives', async () => {
    assert.equal(await processIsDead(await processIdentity()), false);
    const child = run('echo up; exec sleep 1000');
    await firstLine(child);
    assert.equal(await processIsDead(await nameOf(child.pid!)), false);
  });

  it('is not of a dead process while it stands still', async () => {
    const child = run('echo up; exec sleep 1000');
    await firstLine(child);
    child.kill('SIGSTOP');
    await until('it stands still', async () => (await statOf(child.pid!)).state === 'T');
    assert.equal(await processIsDead(await nameOf(child.pid!)), false);
  });

  it('is of a dead process once that has ended', async () => {
    const child = run('echo up; exec sleep 1000');
    await firstLine(child);
    const name = await nameOf(child.pid!);
    child.kill('SIGKILL');
    await once(child, 'close');
    assert.equal(await processIsDead(name), true);
  });

  it('is of a dead process when its parent has not waited for it', async () => {
    const child = run('sleep 1000 & echo $!; exec sleep 1000');
    const zombie = Number(await firstLine(child));
    const programOf = (pid: number): Promise<string> => readFile(`/proc/${pid}/comm`, 'utf8');
    // The shell becomes another program, which knows nothing of the child.
    await until('the shell has gone', async () => (await programOf(child.pid!)) === 'sleep\n');
    process.kill(zombie, 'SIGKILL');
    await until('it is a zombie', async () => (await statOf(zombie)).state === 'Z');
    assert.equal(await processIsDead(await nameOf(zombie)), true);
  });

  it('is of a dead process when another one has its pid now', async () => {
    const { start } = await statOf(process.pid);
    const earlier = `${boot} ${namespace} ${process.pid} ${Number(start) - 1}`;
    assert.equal(await processIsDead(earlier), true);
  });

  it('is not judged when it is of another boot or pid namespace', async () => {
    const child = run('exit 0');
    const pid = child.pid!;
    await once(child, 'close');
    assert.equal(await processIsDead(`${boot} ${namespace} ${pid} 1`), true);
    assert.equal(await processIsDead(`another-boot ${namespace} ${pid} 1`), false);
    assert.equal(await processIsDead(`${boot} pid:[1] ${pid} 1`), false);
  });

  for (const name of ['', 'unknown 0b0d8a0c-6a1e-4f3c-8d5e-0f6a1b2c3d4e', 'a b c', 'a b c d e']) {
    it(`is not judged when it is "${name}"`, async () => {
      assert.equal(await processIsDead(name), false);
    });
  }

  it('is not judged when its pid is no number', async () => {
    assert.equal(await processIsDead(`${boot} ${namespace} x 1`), false);
  });
});
