import { withDeadline } from './deadline.js';
import { isRegistryError, RegistryError, type ErrorCode } from './errors.js';

/** How a call ended: as it should, with an error of ours, or with one of its caller's, such as an abort. */
export type CallOutcome = 'done' | ErrorCode | 'broken_off';

/** Told of every call that has ended, for metrics. It must not throw. */
export type CallTimer = (operation: string, milliseconds: number, outcome: CallOutcome) => void;

export interface GuardedCallsOptions {
  /** Names a call in messages, such as `get of the key space`. */
  readonly describe: (operation: string) => string;
  /** Milliseconds that a call may take. Default: no limit, for what is made of calls that have limits of their own. */
  readonly deadline?: number | undefined;
  /** What an error that has no code means. Default: always `unavailable`. */
  readonly codeOf?: (error: unknown) => ErrorCode;
  readonly timer?: CallTimer | undefined;
}

/** Makes calls of something that may hang, or fail in ways of its own: a store, a database, a server. */
export class GuardedCalls {
  readonly #options: GuardedCallsOptions;

  constructor(options: GuardedCallsOptions) {
    this.#options = options;
  }

  /**
   * Makes a call that ends within the deadline; then the signal is aborted.
   * @throws RegistryError of the call itself; `unavailable` when time is up; for every other error the code that it means,
   *   with the error as cause
   */
  run<T>(operation: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { deadline, describe } = this.#options;
    if (deadline === undefined) return this.plain(operation, () => work(new AbortController().signal));
    return this.#named(operation, () => withDeadline(work, deadline, describe(operation)));
  }

  /**
   * As `run`, for work that nothing can break off: it gets no signal, which would have to be made for every call.
   * @throws RegistryError as `run`
   */
  plain<T>(operation: string, work: () => Promise<T>): Promise<T> {
    const { deadline, describe } = this.#options;
    if (deadline === undefined) return this.#named(operation, work);
    return this.#named(operation, () => withDeadline(start(work), deadline, describe(operation)));
  }

  /**
   * Makes a call that waits for nothing.
   * @throws RegistryError as `run`
   */
  atOnce<T>(operation: string, work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw this.named(operation, error);
    }
  }

  #named<T>(operation: string, work: () => Promise<T>): Promise<T> {
    return this.time(operation, async () => {
      try {
        return await work();
      } catch (error) {
        throw this.named(operation, error);
      }
    });
  }

  /** Makes a call that has its own limits and names its own errors. */
  async time<T>(operation: string, work: () => Promise<T>): Promise<T> {
    const { timer } = this.#options;
    if (timer === undefined) return work();
    const start = performance.now();
    const tell = (outcome: CallOutcome): void => timer(operation, performance.now() - start, outcome);
    try {
      const result = await work();
      tell('done');
      return result;
    } catch (error) {
      tell(isRegistryError(error) ? error.code : 'broken_off');
      throw error;
    }
  }

  /** The error by a name of ours. */
  named(operation: string, error: unknown): RegistryError {
    if (isRegistryError(error)) return error;
    const { codeOf, describe } = this.#options;
    return new RegistryError(codeOf?.(error) ?? 'unavailable', `${describe(operation)} failed`, {
      cause: error,
    });
  }
}

/** An error thrown at once becomes a rejection like any other. */
async function start<T>(work: () => Promise<T>): Promise<T> {
  return work();
}
