import type { Caller } from '../domain/identity.js';
import type { Image } from '../domain/image.js';
import { publicImage } from '../domain/public-image.js';
import { askHook, type Hooks } from './hooks.js';
import { canTake, type ReadSource } from './image-source.js';

/** Asks the hook, when there is data that nothing else refuses. */
export async function askBeforeUpload(
  { beforeUpload }: Hooks,
  intent: {
    readonly caller: Caller;
    readonly image: Image;
    readonly source: ReadSource;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const { caller, image, source, signal } = intent;
  const { data, location } = source;
  if (!canTake(image, source) || data?.refusal !== undefined) return;
  const size = data?.length ?? image.size;
  const from = data !== null ? 'data' : location === undefined ? 'copyFrom' : 'location';
  await askHook(beforeUpload, { caller, image: publicImage(image), signal, from, size });
}
