import { RegistryError } from '../../errors.js';

/**
 * Runs `work` with a signal that aborts when `parent` does, or when time is up.
 * @param ms milliseconds, 1 to 2³¹ − 1
 * @param what the work in a few words, for the RegistryError `unavailable` that is then the signal's reason
 * @throws whatever the work throws; it is for the work to heed the signal
 */
export async function within<T>(
  ms: number,
  what: string,
  parent: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = startTimeLimit(ms, what, parent);
  try {
    return await work(limit.signal);
  } finally {
    limit.end();
  }
}

export interface TimeLimit {
  readonly signal: AbortSignal;
  /** Lets go of the timer and the parent. */
  readonly end: () => void;
}

/** As `within`, for work that goes on after a function has returned. */
export function startTimeLimit(ms: number, what: string, parent: AbortSignal | undefined): TimeLimit {
  const controller = new AbortController();
  const late = (): void =>
    controller.abort(new RegistryError('unavailable', `${what} took longer than ${ms} ms`));
  const timer = setTimeout(late, ms);
  const pass = (): void => controller.abort(parent?.reason);
  parent?.addEventListener('abort', pass, { once: true });
  if (parent?.aborted === true) pass();
  return {
    signal: controller.signal,
    end: () => {
      clearTimeout(timer);
      parent?.removeEventListener('abort', pass);
    },
  };
}
