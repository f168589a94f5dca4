import type { Caller } from '../domain/identity.js';
import type { PublicImage } from '../domain/image.js';

/**
 * The host app's own say, asked last, before anything is written. A hook refuses by throwing a RegistryError, whose code and words are the
 * answer; what else it throws is a fault of its own (500).
 */
export interface Hooks {
  /** A new image, as its record will be. */
  readonly beforeCreate?: (intent: CreateIntent) => Promise<void> | void;
  /** Data for an image that is ready for it: from the caller, copied, or left at a location elsewhere. */
  readonly beforeUpload?: (intent: UploadIntent) => Promise<void> | void;
}

/** What a caller is about to do. */
export interface CreateIntent {
  readonly caller: Caller;
  readonly image: PublicImage;
  /** Aborted when the caller goes away; it is not waited for longer. */
  readonly signal: AbortSignal;
}

export interface UploadIntent extends CreateIntent {
  readonly from: 'data' | 'copyFrom' | 'location';
  /** Bytes; null when that is not known yet. */
  readonly size: number | null;
}

/**
 * Asks a hook.
 * @throws whatever it throws; the signal's reason when that is aborted first
 */
export async function askHook<T extends CreateIntent>(
  hook: ((intent: T) => Promise<void> | void) | undefined,
  intent: T,
): Promise<void> {
  if (hook === undefined) return;
  const { signal } = intent;
  signal.throwIfAborted();
  let leave = (): void => undefined;
  const gone = new Promise<never>((_resolve, reject) => {
    leave = () => reject(asError(signal.reason));
    signal.addEventListener('abort', leave, { once: true });
  });
  try {
    await Promise.race([hook(intent), gone]);
  } finally {
    signal.removeEventListener('abort', leave);
  }
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
