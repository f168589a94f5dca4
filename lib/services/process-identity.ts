import { readFile, readlink } from 'node:fs/promises';

/**
 * Names this process so that another one of the same host can tell whether it still lives: boot, pid namespace, pid and start time,
 * which together are never used twice. Elsewhere than on Linux it is a random name that nobody can judge.
 */
export async function processIdentity(): Promise<string> {
  const here = await namespaceOf();
  const start = await startTime(process.pid);
  if (here === null || start === null) return `unknown ${crypto.randomUUID()}`;
  return `${here} ${process.pid} ${start}`;
}

/**
 * Whether the process with that name is known to have ended. False when this host cannot tell: another boot, another container, another host.
 */
export async function processIsDead(name: string): Promise<boolean> {
  const here = await namespaceOf();
  const parts = name.split(' ');
  const [boot, namespace, pid, start] = parts;
  if (parts.length !== 4 || here !== `${boot} ${namespace}`) return false;
  try {
    process.kill(Number(pid), 0);
  } catch (error) {
    // EPERM: it lives and is somebody else's.
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return true;
  }
  const actual = await startTime(Number(pid));
  return actual !== null && actual !== start;
}

async function namespaceOf(): Promise<string | null> {
  try {
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
    return `${boot.trim()} ${await readlink('/proc/self/ns/pid')}`;
  } catch {
    return null;
  }
}

/**
 * Start time in clock ticks since boot, proc(5): field 22, counted behind the name, which may hold blanks and brackets.
 * A zombie has ended and only waits for its parent: it counts as started never.
 */
async function startTime(pid: number): Promise<string | null> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? 'ended' : (fields[19] ?? null);
  } catch {
    return null;
  }
}
