/**
 * A thread that digests what others put into shared memory; `DigestPool` is its other end. JavaScript, with its types checked all the same: a thread gets none of what
 * runs TypeScript in the process that starts it.
 */
import { createHash } from 'node:crypto';
import { getPriority, setPriority } from 'node:os';
import process from 'node:process';
import { parentPort } from 'node:worker_threads';

/** @import { LaneAnswer, ThreadAnswer, ThreadRequest } from './thread-messages.js' */

/**
 * How much nicer than the process. While uploads keep all cores busy, requests wait up to a half less for the main thread; an upload whose client is on this very
 * machine takes about a tenth longer.
 */
const NICER = 3;

/** @type {Map<number, { readonly hash: import('node:crypto').Hash, readonly ring: SharedArrayBuffer }>} */
const lanes = new Map();

/**
 * @param {ThreadRequest} request
 * @returns {LaneAnswer | null}
 */
function take(request) {
  const { lane } = request;
  if ('begin' in request) {
    lanes.set(lane, { hash: createHash(request.begin), ring: request.ring });
    return null;
  }
  const found = lanes.get(lane);
  if (found === undefined) return null;
  if ('from' in request) {
    found.hash.update(new Uint8Array(found.ring, request.from, request.length));
    return { lane, taken: true };
  }
  lanes.delete(lane);
  return 'finish' in request ? { lane, digest: found.hash.digest('hex') } : null;
}

/** @param {ThreadAnswer} message */
function tell(message) {
  parentPort?.postMessage(message);
}

parentPort?.on('message', (/** @type {ThreadRequest} */ request) => {
  try {
    const answer = take(request);
    if (answer !== null) tell(answer);
  } catch (error) {
    lanes.delete(request.lane);
    tell({ lane: request.lane, failure: String(error) });
  }
});
// On Linux the priority is this thread's; elsewhere it would be the whole process'.
if (process.platform === 'linux') setPriority(Math.min(getPriority() + NICER, 19));
tell('ready');
