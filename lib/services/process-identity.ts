import { readFile, readlink } from 'node:fs/promises';

/**
 * Names a process so that another one of the same host can tell whether it still lives: boot, pid namespace, pid and start time, which together
 * are never used twice. All are null elsewhere than on Linux, where nobody can judge.
 */
export interface ProcessIdentity {
  /** Random id of the kernel's boot. */
  readonly boot: string | null;
  /** Pid namespace: containers of one host have their own. */
  readonly namespace: string | null;
  readonly pid: number;
  /** Clock ticks from boot to the start of the process. */
  readonly start: string | null;
}

/** Names this process. */
export async function processIdentity(): Promise<ProcessIdentity> {
  const [here, start] = await Promise.all([hostIdentity(), startTime(process.pid)]);
  return { ...here, pid: process.pid, start };
}

/**
 * What this host knows of a process: that it has ended, that it lives, or nothing: another boot, another container, another host.
 */
export async function stateOfProcess(identity: ProcessIdentity): Promise<'ended' | 'living' | 'unknown'> {
  const { boot, namespace, pid, start } = identity;
  const here = await hostIdentity();
  if (boot === null || start === null || boot !== here.boot || namespace !== here.namespace) return 'unknown';
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives and is somebody else's.
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return 'ended';
  }
  const actual = await startTime(pid);
  if (actual === null) return 'unknown';
  return actual === start ? 'living' : 'ended';
}

async function hostIdentity(): Promise<Pick<ProcessIdentity, 'boot' | 'namespace'>> {
  try {
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
    return { boot: boot.trim(), namespace: await readlink('/proc/self/ns/pid') };
  } catch {
    return { boot: null, namespace: null };
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
