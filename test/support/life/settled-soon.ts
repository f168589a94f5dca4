import { setImmediate as turn } from 'node:timers/promises';

/** Whether a promise settles within some turns of the event loop: those that wait for real work do not. */
export async function settledSoon(promise: Promise<unknown>): Promise<boolean> {
  const state = { settled: false };
  const done = (): void => void (state.settled = true);
  promise.then(done, done);
  for (let turns = 0; turns < 50 && !state.settled; turns += 1) await turn();
  return state.settled;
}
