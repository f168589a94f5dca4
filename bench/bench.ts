import type { Fills } from './fills.js';
import type { Row } from './row.js';
import type { Scale } from './scale.js';

/** What every case is given. */
export interface Bench {
  readonly scale: Scale;
  readonly fills: Fills;
}

/** Measures one thing, and makes sure that it was done right. */
export type Case = (bench: Bench) => Promise<Row[]>;
