import { Worker } from 'node:worker_threads';
import { RegistryError } from '../../errors.js';
import type { LaneAnswer, ThreadAnswer, ThreadRequest } from './thread-messages.js';

/** What a lane tells of. */
export interface LaneListener {
  /** The piece that was sent first of those that are on their way is digested. */
  taken(): void;
  digested(hex: string): void;
  failed(error: RegistryError): void;
}

export interface LaneRequest {
  /** By OpenSSL's name. */
  readonly algorithm: string;
  /** Where the bytes will be. */
  readonly ring: SharedArrayBuffer;
  readonly listener: LaneListener;
}

/** One digest of one stream of bytes, in a thread. */
export interface Lane {
  /** Digests some bytes of the ring, which must not change before they are taken. */
  send(from: number, length: number): void;
  /** Asks for the digest of all that was sent. */
  finish(): void;
  /** Ends it, wherever it is; nothing more is told. */
  drop(): void;
}

/** What the algorithms cost by the byte, roughly, where the processor helps with sha256. */
const COSTS: Readonly<Record<string, number>> = { md5: 3, sha256: 1, sha384: 2, sha512: 2 };

/** Threads that digest, each with as many lanes as there are: the cores that it is about are those of the process. */
export class DigestPool {
  readonly #start: () => Worker;
  readonly #threads: DigestThread[] = [];
  readonly #users = new Set<object>();

  /** @param start starts a thread. Default: that of this package */
  constructor(start: () => Worker = startWorker) {
    this.#start = start;
  }

  /**
   * Opens a lane in the thread that has the least to do, of the first `limit`; starts another one when all of them are busy and there may be more.
   * @param user is to be released when it needs no more lanes
   * @throws Error when no thread can be started
   */
  async open(user: object, limit: number, request: LaneRequest): Promise<Lane> {
    this.#users.add(user);
    const cost = COSTS[request.algorithm] ?? 1;
    const thread = this.#thread(limit);
    thread.add(cost);
    try {
      await thread.ready;
      return thread.open(request, cost);
    } catch (error) {
      thread.add(-cost);
      throw error;
    }
  }

  /** The last one to be released ends the threads. */
  async release(user: object): Promise<void> {
    if (!this.#users.delete(user) || this.#users.size > 0) return;
    await Promise.all(this.#threads.splice(0).map((thread) => thread.end()));
  }

  #thread(limit: number): DigestThread {
    const usable = this.#threads.slice(0, limit);
    const [idlest] = usable.toSorted((one, other) => one.load - other.load);
    if (idlest !== undefined && (idlest.load === 0 || usable.length === limit)) return idlest;
    const thread = new DigestThread(this.#start());
    this.#threads.push(thread);
    void thread.ended.then(() => {
      const index = this.#threads.indexOf(thread);
      if (index !== -1) this.#threads.splice(index, 1);
    });
    return thread;
  }
}

class DigestThread {
  /** Resolves when it runs. @throws Error when it does not */
  readonly ready: Promise<void>;
  /** Resolves when it runs no more. */
  readonly ended: Promise<void>;
  readonly #worker: Worker;
  readonly #lanes = new Map<number, LaneListener>();
  #opened = 0;
  #load = 0;
  /** Why it runs no more. */
  #end: unknown;

  constructor(worker: Worker) {
    this.#worker = worker;
    worker.on('error', (error) => (this.#end ??= error));
    const exited = new Promise((resolve) => worker.once('exit', resolve));
    this.ended = exited.then(() => {
      this.#end ??= new Error('it has ended');
      for (const listener of [...this.#lanes.values()]) listener.failed(lost(this.#end));
    });
    this.ready = new Promise((resolve, reject) => {
      worker.on('message', (answer: ThreadAnswer) => (answer === 'ready' ? resolve() : this.#hear(answer)));
      void this.ended.then(() => reject(lost(this.#end)));
    });
    // Whoever opens a lane hears of it.
    this.ready.catch(() => undefined);
  }

  /** What its lanes cost together, those included that are about to be opened. */
  get load(): number {
    return this.#load;
  }

  add(cost: number): void {
    this.#load += cost;
    // A process that waits for a digest goes on; one that waits for nothing else ends.
    if (this.#load > 0) this.#worker.ref();
    else this.#worker.unref();
  }

  open({ algorithm, ring, listener }: LaneRequest, cost: number): Lane {
    if (this.#end !== undefined) throw lost(this.#end);
    const lane = (this.#opened += 1);
    const send = (request: ThreadRequest): void => this.#worker.postMessage(request);
    send({ lane, begin: algorithm, ring });
    const leave = (): boolean => {
      const wasOpen = this.#lanes.delete(lane);
      if (wasOpen) this.add(-cost);
      return wasOpen;
    };
    this.#lanes.set(lane, {
      taken: () => listener.taken(),
      digested: (hex) => {
        leave();
        listener.digested(hex);
      },
      failed: (error) => {
        leave();
        listener.failed(error);
      },
    });
    return {
      send: (from, length) => send({ lane, from, length }),
      finish: () => send({ lane, finish: true }),
      drop: () => {
        if (leave()) send({ lane, drop: true });
      },
    };
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  #hear(answer: LaneAnswer): void {
    const listener = this.#lanes.get(answer.lane);
    if ('taken' in answer) listener?.taken();
    else if ('digest' in answer) listener?.digested(answer.digest);
    else listener?.failed(lost(answer.failure));
  }
}

function lost(cause: unknown): RegistryError {
  return new RegistryError('unavailable', 'the thread that digested the data has failed', { cause });
}

function startWorker(): Worker {
  return new Worker(new URL('./digest-thread.js', import.meta.url), {
    name: 'image-digests',
    // It needs nothing of what its process was started with, some of which would keep it from starting.
    execArgv: [],
  });
}
