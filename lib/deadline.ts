import { RegistryError } from './errors.js';

/**
 * Waits for `work`, but no longer than `ms` milliseconds. When time is up, the signal that a function gets is aborted,
 * and what the work does later is ignored: its caller has gone.
 * @param work a promise, or a function that starts the work
 * @param ms milliseconds, more than 0
 * @param what the work in a few words, for the message
 * @throws RegistryError `unavailable` when time is up; else whatever the work rejects with
 */
export function withDeadline<T>(
  work: Promise<T> | ((signal: AbortSignal) => Promise<T>),
  ms: number,
  what: string,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    // Made only where somebody listens: what has begun already has no use for it.
    let controller: AbortController | undefined;
    const timer = setTimeout(() => {
      const error = new RegistryError('unavailable', `${what} took longer than ${ms} ms`);
      reject(error);
      controller?.abort(error);
    }, ms);
    const started =
      typeof work === 'function' ? start(work, (controller = new AbortController()).signal) : work;
    started.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** An error thrown at once becomes a rejection like any other. */
async function start<T>(work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
  return work(signal);
}
