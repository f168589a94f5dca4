import { shareOf, type Caller } from '../domain/identity.js';
import type { Pace } from '../domain/query.js';
import { Turns } from './turns.js';

/** Slices of scans that are read at the same time: of all callers, and of one. */
const SLICES = { all: 4, each: 2 };

/**
 * Lets listings that look through images with a filter take turns, slice by slice: however many there are, a few slices are read at a
 * time, and no caller is held up by more than a slice of each of the others.
 */
export class ScanGate {
  readonly #turns = new Turns({ what: 'listings', ...SLICES });

  /** How the slices of one listing wait for their turns; they stop to when the signal is aborted. */
  pace(caller: Caller, signal: AbortSignal | undefined): Pace {
    return (slice) => this.#turns.run(shareOf(caller), signal, slice);
  }
}
