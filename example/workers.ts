import cluster from 'node:cluster';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Settings } from './flags.js';
import type { Running } from './start.js';
import { UsageError } from './usage-error.js';
import { forkWorker, type Fork } from './worker.js';

/** Milliseconds from the end of a worker to the start of the next one: at first, and at most when one after the other ends soon. */
const PAUSE = { first: 1000, most: 30_000 };
/** Milliseconds of life after which the end of a worker has nothing to do with its start. */
const SETTLED = 60_000;

/**
 * Starts processes that share one port, each the server that the settings describe, and replaces those that end.
 *
 * @throws UsageError, Error with the reason of a worker that cannot start; the others end with this process
 */
export async function startWorkers(settings: Settings, log: Logger): Promise<Running> {
  requireSharedStorage(settings);
  const workers = new Workers(settings, log);
  return { url: await workers.start(), stop: () => workers.stop() };
}

function requireSharedStorage({ workers, metadata, blobs, store }: Settings): void {
  for (const [flag, isOwn] of [
    ['--metadata memory', metadata === 'memory'],
    ['--blobs memory', blobs === 'memory'],
    ['a --store in memory', store.some((text) => text.endsWith('=memory'))],
  ] as const)
    if (isOwn)
      throw new UsageError(
        `--workers ${workers} and ${flag} exclude each other: processes do not share their memory`,
      );
}

class Workers {
  readonly #log: Logger;
  readonly #forks = new Set<Fork>();
  readonly #stopping = new AbortController();
  #settings: Settings;

  constructor(settings: Settings, log: Logger) {
    this.#settings = settings;
    this.#log = log;
  }

  /** @returns where they all listen */
  async start(): Promise<string> {
    // The first one alone finds out whether the settings can be obeyed, makes what is made once, and takes the port.
    const first = this.#fork();
    const url = await first.listening;
    // All ask for the same port, 0 too: they get the one that the first has got.
    this.#settings = { ...this.#settings, reindex: false };
    const others = Array.from({ length: this.#settings.workers - 1 }, () => this.#fork());
    await Promise.all(others.map(({ listening }) => listening));
    for (const fork of [first, ...others]) void this.#keep(fork);
    return url;
  }

  /** Lets the requests of all of them end. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    const ends = await Promise.all(
      [...this.#forks].map((fork) => {
        fork.worker.process.kill('SIGTERM');
        return fork.ended;
      }),
    );
    for (const { error } of ends) if (error !== null) throw error;
  }

  /** Replaces a worker when it ends, and whoever replaces it. */
  async #keep(first: Fork): Promise<void> {
    const { signal } = this.#stopping;
    let [fork, pause] = [first, PAUSE.first];
    for (;;) {
      const { pid } = fork.worker.process;
      const { error, age } = await fork.ended;
      if (signal.aborted) return;
      if (age > SETTLED) pause = PAUSE.first;
      this.#log.error({ pid, err: error, pause }, 'a worker has ended; another one is started');
      try {
        await sleep(pause, undefined, { signal });
      } catch {
        return;
      }
      pause = Math.min(2 * pause, PAUSE.most);
      fork = this.#fork();
    }
  }

  #fork(): Fork {
    const fork = forkWorker(cluster, this.#settings);
    this.#forks.add(fork);
    void fork.ended.then(() => this.#forks.delete(fork));
    return fork;
  }
}
