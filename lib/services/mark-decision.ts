import type { RegistryRecord, StoreEntry } from '../catalogue/registry-book.js';

/** The marks of all stores that can have one, by name; null: the medium has none. */
export type Marks = ReadonlyMap<string, string | null>;

/** The next step of a start; after `record` and `mark` one looks again. */
export type MarkDecision =
  | { readonly step: 'done' }
  | { readonly step: 'record'; readonly next: RegistryRecord }
  | { readonly step: 'mark'; readonly store: string; readonly text: string }
  | { readonly step: 'refuse'; readonly reason: string };

/**
 * Decides whether these are the media of this registry, and what a first start has to write.
 *
 * A store stands in the record before its medium is marked, as not marked yet, and as marked afterwards: so a first start that was
 * interrupted (not marked yet: nothing was ever written to the medium, go on) differs from a medium that is missing (marked, yet it has
 * no mark). Nothing else is written to a store before the record says that it is marked.
 *
 * @param newId makes uuids
 */
export function decideMarks(
  record: RegistryRecord | undefined,
  marks: Marks,
  newId: () => string,
): MarkDecision {
  if (record === undefined) return decideFirst(marks, newId);
  const stores = new Map(record.stores);
  const missing: [store: string, entry: StoreEntry][] = [];
  for (const [store, text] of marks) {
    const entry = stores.get(store);
    if (text === null) {
      if (entry?.marked === true) return refuse(textOfMissing(store, markText(record.id, entry)));
      if (entry === undefined) stores.set(store, { mark: newId(), marked: false });
      else missing.push([store, entry]);
      continue;
    }
    const [owner, mark = ''] = text.split(' ');
    if (owner !== record.id) {
      return refuse(
        `blob store ${store}: its medium belongs to another registry, ${owner}; this is ${record.id}`,
      );
    }
    if (entry?.marked === true && entry.mark !== mark) {
      return refuse(`blob store ${store}: this is the medium of ${otherStore(record, mark)}`);
    }
    // A medium of this registry under a new name, of a store that was renamed or has two names, is taken as it is.
    if (entry?.marked !== true) stores.set(store, { mark, marked: true });
  }
  if (differ(record.stores, stores)) return { step: 'record', next: { id: record.id, stores } };
  const [first] = missing;
  if (first === undefined) return { step: 'done' };
  return { step: 'mark', store: first[0], text: markText(record.id, first[1]) };
}

function decideFirst(marks: Marks, newId: () => string): MarkDecision {
  // Stores that cannot be marked need no record.
  if (marks.size === 0) return { step: 'done' };
  for (const [store, text] of marks) {
    if (text === null) continue;
    const [owner] = text.split(' ');
    return refuse(
      `the metadata is empty, but blob store ${store} belongs to the registry ${owner}: the metadata was lost or is not there, ` +
        'or this is the store of another registry',
    );
  }
  const stores = new Map([...marks.keys()].map((store) => [store, { mark: newId(), marked: false }]));
  return { step: 'record', next: { id: newId(), stores } };
}

function markText(id: string, { mark }: StoreEntry): string {
  return `${id} ${mark}`;
}

function textOfMissing(store: string, text: string): string {
  return `blob store ${store}: its medium is not there or was emptied, the mark "${text}" is missing`;
}

function otherStore({ stores }: RegistryRecord, mark: string): string {
  const [other] = [...stores].find(([, entry]) => entry.mark === mark) ?? [];
  return other === undefined ? 'another store of this registry' : `the store ${other}`;
}

function differ(before: ReadonlyMap<string, StoreEntry>, after: ReadonlyMap<string, StoreEntry>): boolean {
  return [...after].some(([store, entry]) => before.get(store) !== entry);
}

function refuse(reason: string): MarkDecision {
  return { step: 'refuse', reason };
}
