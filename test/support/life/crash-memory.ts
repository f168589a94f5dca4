import { readFile } from 'node:fs/promises';

/** Bytes of memory that a process has for itself, files and shared libraries left out: RssAnon of proc(5). */
export async function anonymousMemory(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/status`, 'utf8');
  const kib = /^RssAnon:\s+(\d+) kB$/m.exec(text)?.[1];
  if (kib === undefined) throw new Error(`no RssAnon of process ${pid}`);
  return Number(kib) * 1024;
}

/** The highest anonymous memory of a process while `work` goes on, and how often it was looked at. */
export async function peakMemory(
  pid: number,
  work: () => Promise<void>,
): Promise<{ readonly peak: number; readonly samples: number }> {
  let over = false;
  let peak = 0;
  let samples = 0;
  const watch = async (): Promise<void> => {
    while (!over) {
      peak = Math.max(peak, await anonymousMemory(pid));
      samples += 1;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  const watching = watch();
  try {
    await work();
  } finally {
    over = true;
    await watching;
  }
  return { peak, samples };
}
