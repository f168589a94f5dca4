import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import { withDeadline } from '../deadline.js';
import { RegistryError } from '../errors.js';

/** Passwords that wait; at the usual cost of 10 the last of them waits for a few seconds. */
const MOST_WAITING = 64;
/** ms that a password may wait and be checked. */
const DEADLINE = 30_000;

/**
 * What the thread runs. It is a text, and of plain JavaScript, because a loader of TypeScript that the process runs with need not be
 * there in its threads.
 */
const THREAD = `
  const { parentPort, workerData } = require('node:worker_threads');
  const { compareSync } = require(workerData);
  parentPort.on('message', ({ id, password, hash }) => {
    parentPort.postMessage({ id, matches: compareSync(password, hash) });
  });
`;

interface Reply {
  readonly id: number;
  readonly matches: boolean;
}

interface Waiting {
  readonly resolve: (matches: boolean) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Checks passwords against bcrypt hashes, one after the other. The tenths of a second that each takes are spent in a thread, which starts
 * with the first, so that the requests of others go on.
 */
export class BcryptChecker {
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | null = null;
  #last = 0;

  /** @throws RegistryError `unavailable` when too many wait already, or the thread fails */
  check(password: string, hash: string): Promise<boolean> {
    if (this.#waiting.size >= MOST_WAITING) {
      return Promise.reject(new RegistryError('unavailable', 'too many passwords wait to be checked'));
    }
    this.#last += 1;
    const id = this.#last;
    this.#worker ??= this.#start();
    this.#worker.postMessage({ id, password, hash });
    const answer = new Promise<boolean>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
    });
    return withDeadline(answer, DEADLINE, 'checking a password');
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    await worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(THREAD, {
      eval: true,
      workerData: createRequire(import.meta.url).resolve('bcryptjs'),
      execArgv: [],
    });
    // A host that forgot to close the registry can end all the same.
    worker.unref();
    worker.on('message', ({ id, matches }: Reply) => {
      this.#waiting.get(id)?.resolve(matches);
      this.#waiting.delete(id);
    });
    let cause: unknown;
    worker.once('error', (error) => (cause = error));
    worker.once('exit', () => {
      if (this.#worker === worker) this.#worker = null;
      for (const { reject } of this.#waiting.values()) {
        reject(new RegistryError('unavailable', 'the thread that checks passwords has ended', { cause }));
      }
      this.#waiting.clear();
    });
    return worker;
  }
}
