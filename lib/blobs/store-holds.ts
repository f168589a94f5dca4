import type { BlobStore } from './blob-store.js';

interface Holds {
  /** Registries of this process that have the store open. */
  count: number;
  /** The last of those who open or close it, one after the other. */
  turn: Promise<unknown>;
}

/** As long as the store itself: who holds it is a fact about that object, whichever registry asks. */
const HOLDS = new WeakMap<BlobStore, Holds>();

/**
 * Opens a store, unless another registry was given the same one and has it open.
 * @throws whatever `open` throws; then it is not held
 */
export function holdStore(store: BlobStore, open: () => Promise<void>): Promise<void> {
  return inTurn(store, async (holds) => {
    if (holds.count === 0) await open();
    holds.count += 1;
  });
}

/**
 * Closes a store that was held, unless another registry still holds it.
 * @throws whatever `close` throws; it is not held any more
 */
export function releaseStore(store: BlobStore, close: () => Promise<void>): Promise<void> {
  return inTurn(store, async (holds) => {
    holds.count -= 1;
    if (holds.count === 0) await close();
  });
}

function inTurn(store: BlobStore, work: (holds: Holds) => Promise<void>): Promise<void> {
  const holds = HOLDS.get(store) ?? { count: 0, turn: Promise.resolve() };
  HOLDS.set(store, holds);
  const done = holds.turn.then(() => work(holds));
  holds.turn = done.catch(() => undefined);
  return done;
}
