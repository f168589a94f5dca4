import type { Request } from 'express';

/** What is known of a request when it arrives at the mount. */
export interface Arrival {
  readonly requestId: string;
  /** Address of the mount as the client sees it, without a slash at its end. */
  readonly base: string;
  /** When errors are JSON: when the client asks for it, or unless it excludes it. */
  readonly jsonErrors: 'asked' | 'always';
}

const arrivals = new WeakMap<Request, Arrival>();

/** Notes what was found at arrival. */
export function arrive(request: Request, arrival: Arrival): void {
  arrivals.set(request, arrival);
}

/** What was noted at arrival. */
export function arrivalOf(request: Request): Arrival {
  const arrival = arrivals.get(request);
  if (arrival === undefined) throw new Error('this request did not come through the mount');
  return arrival;
}
