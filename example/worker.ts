import type { Cluster, Worker } from 'node:cluster';
import { once } from 'node:events';
import { faultLine } from './fault-line.js';
import type { Settings } from './flags.js';
import { logOf } from './log.js';
import { stopInTime } from './shutdown.js';
import { start } from './start.js';
import { UsageError } from './usage-error.js';

/** What a worker tells: that it waits for its settings, where it listens, or why it ends. */
type Message =
  | { readonly waits: true }
  | { readonly listening: string }
  | { readonly failed: string; readonly misused: boolean };

/** A worker as the process sees it that has started it. */
export interface Fork {
  readonly worker: Worker;
  /** Where it listens; rejects when it ends before it does. */
  readonly listening: Promise<string>;
  /** How it has ended; the error is null when it was told to, and its age in milliseconds. */
  readonly ended: Promise<{ readonly error: Error | null; readonly age: number }>;
}

/** Starts a worker with its settings. */
export function forkWorker(cluster: Cluster, settings: Settings): Fork {
  const born = performance.now();
  const worker = cluster.fork();
  let failure: Error | null = null;
  const heard = new Promise<string>((resolve) => {
    worker.on('message', (message: Message) => {
      // What is sent before somebody listens is lost.
      if ('waits' in message) worker.send(settings, () => undefined);
      else if ('listening' in message) resolve(message.listening);
      else failure = message.misused ? new UsageError(message.failed) : new Error(message.failed);
    });
  });
  const ended = once(worker, 'exit').then(([code, signal]: (number | string | null)[]) => ({
    error: failure ?? (code === 0 ? null : new Error(`a worker was ended by ${signal ?? `code ${code}`}`)),
    age: performance.now() - born,
  }));
  const listening = Promise.race([
    heard,
    ended.then(({ error }) => Promise.reject(error ?? new Error('a worker was stopped before it listened'))),
  ]);
  // Nobody waits for one that replaces another: its end is told of.
  listening.catch(() => undefined);
  return { worker, listening, ended };
}

/** The life of a worker: serves until it is told to stop. Node ends it when the process goes that has started it. */
export async function work(): Promise<void> {
  const sent = once(process, 'message');
  tell({ waits: true });
  const [settings] = (await sent) as [Settings];
  const log = logOf(settings);
  try {
    const running = await start(settings, log);
    let stopping = false;
    const stop = (): void => {
      // A Ctrl-C comes from the terminal and from the process that has started this one, which also knows when it comes twice.
      if (stopping) return;
      stopping = true;
      stopInTime(running, settings.shutdownTimeout).then(() => process.exit(0), fail);
    };
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stop);
    tell({ listening: running.url });
  } catch (error) {
    fail(error);
  }
}

function fail(error: unknown): void {
  const misused = error instanceof UsageError;
  tell({ failed: misused ? error.message : faultLine(error), misused }, () => process.exit(1));
}

function tell(message: Message, then: () => void = () => undefined): void {
  process.send?.(message, undefined, undefined, then);
}
