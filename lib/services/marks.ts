import { randomUUID } from 'node:crypto';
import type { BlobStores } from '../blobs/stores.js';
import type { RegistryBook, RegistryRecord } from '../catalogue/registry-book.js';
import { RegistryError } from '../errors.js';
import { decideMarks, type Marks } from './mark-decision.js';

/** How many steps a start may take: each one beyond a few means that another process took one too. */
const MOST_STEPS = 100;

/**
 * Makes sure that the media of all stores are this registry's own before anything is read from or written to them, and marks them at the
 * first start. Any number of processes may do so at once, and each may be killed at any step: the next start goes on from there.
 * @throws RegistryError `unavailable` when a medium is missing, empty or somebody else's, or when the metadata is
 */
export async function checkMarks(book: RegistryBook, stores: BlobStores): Promise<void> {
  let refused: string | null = null;
  for (let steps = 0; steps < MOST_STEPS; steps += 1) {
    const marks = await marksOf(stores);
    // Read after the marks: whoever marks a store has recorded it before.
    const record = await book.get();
    const decision = decideMarks(record, withoutUnmarkable(marks, record, stores), randomUUID);
    switch (decision.step) {
      case 'done':
        return;
      case 'refuse':
        // Another process may have marked it between the two readings: then the second look shows it.
        if (refused === decision.reason) throw new RegistryError('unavailable', decision.reason);
        refused = decision.reason;
        break;
      case 'record':
        await book.put(decision.next, record?.revision ?? 0);
        break;
      case 'mark':
        await stores.resolve(decision.store).store.mark?.(decision.text);
        break;
    }
  }
  throw new RegistryError('unavailable', 'the marks of the blob stores change too often');
}

/** A medium that nothing may be written to gets no mark; it is compared when it has one, and missed when it had one. */
function withoutUnmarkable(marks: Marks, record: RegistryRecord | undefined, stores: BlobStores): Marks {
  const isLeftOut = (name: string, text: string | null): boolean =>
    text === null && stores.isReadOnly(name) && record?.stores.get(name)?.marked !== true;
  return new Map([...marks].filter(([name, text]) => !isLeftOut(name, text)));
}

async function marksOf(stores: BlobStores): Promise<Marks> {
  const marks = new Map<string, string | null>();
  for (const name of stores.names) {
    const { store } = stores.resolve(name);
    if (store.mark !== undefined) marks.set(name, await store.mark(null));
  }
  return marks;
}
