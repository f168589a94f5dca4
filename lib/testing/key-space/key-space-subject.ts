import type { KeySpace } from '../../catalogue/key-space.js';
import type { TestFramework } from '../blob-store/blob-store-subject.js';

/** The key space under test, and what only its author can do to it. */
export interface KeySpaceSubject {
  /** A new and empty key space, not open. It is closed by the suite. */
  create(): Promise<KeySpace>;
  /** One more on the data of the last `create`, not open, when that key space has been closed. For durable media. */
  readonly reopen?: () => Promise<KeySpace>;
  /** One more on the data of the last `create`, not open, while that key space is open. For media that can be shared. */
  readonly another?: () => Promise<KeySpace>;
  /** Takes the medium away and brings it back, with the data. */
  readonly outage?: KeySpaceOutage;
}

export interface KeySpaceOutage {
  down(): Promise<void>;
  /** Resolves when the medium is there; the key space may need a while to notice. */
  up(): Promise<void>;
  /** Milliseconds that a call may take to fail. Default 10 000. */
  readonly patience?: number;
}

/** What the cases share. */
export interface Bench {
  readonly framework: TestFramework;
  readonly subject: KeySpaceSubject;
  /** Opens a key space, and closes it after the test. */
  readonly open: (create: () => Promise<KeySpace>) => Promise<KeySpace>;
  /** Closes a key space before the end of the test. */
  readonly close: (space: KeySpace) => Promise<void>;
  /** A test with a new key space, open and empty. */
  readonly it: (title: string, body: (space: KeySpace) => Promise<void>) => void;
}
