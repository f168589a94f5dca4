import { EventEmitter } from 'node:events';
import type { Caller } from '../domain/identity.js';
import type { PublicImage } from '../domain/image.js';
import type { ImportTask } from '../domain/import-task.js';
import type { Logger } from '../logger.js';

/** Who made something happen. */
export interface Actor {
  readonly user: string | null;
  /** Project id. */
  readonly project: string | null;
  /** Id of the request; null when the host app's own code has called. */
  readonly requestId: string | null;
}

/** What listeners learn besides the image. */
export interface Happening {
  readonly by: Actor;
}

/** How far an import is. */
export interface ImportProgress {
  /** Id of the task. */
  readonly task: string;
  readonly status: ImportTask['status'];
  /** Bytes that have come; null once it has ended. */
  readonly bytes: number | null;
  /** Bytes in all; null when that is not known. */
  readonly size: number | null;
}

/**
 * What happened to images. `image.create` a record exists; `image.copy` so much
 * of its data has been copied; `image.stage` data waits to be imported; `image.import` an import is so far, or has ended; `image.upload` its data was stored; `image.activate` it can be used;
 * `image.update` metadata or members changed; `image.deactivate` its data is out of reach; `image.reactivate` no longer; `image.delete` it
 * is gone for its users; `image.send` its data was sent, whole or a range of it.
 */
export interface RegistryEvents {
  'image.create': [PublicImage, Happening];
  'image.upload': [PublicImage, Happening];
  'image.activate': [PublicImage, Happening];
  'image.update': [PublicImage, Happening];
  'image.deactivate': [PublicImage, Happening];
  'image.reactivate': [PublicImage, Happening];
  'image.delete': [PublicImage, Happening];
  'image.copy': [PublicImage, Happening & { readonly bytes: number; readonly size: number | null }];
  'image.stage': [PublicImage, Happening];
  'image.import': [PublicImage, Happening & ImportProgress];
  'image.send': [PublicImage, Happening & { readonly bytes: number }];
}

/** An emitter whose listeners cannot fail what they are told of: what they throw is logged. */
export class RegistryEmitter extends EventEmitter<RegistryEvents> {
  readonly #log: Pick<Logger, 'error'>;

  constructor(log: Pick<Logger, 'error'>) {
    super();
    this.#log = log;
  }

  /** Tells the listeners of an event. @returns whether there are any */
  tell<Name extends keyof RegistryEvents>(name: Name, ...told: RegistryEvents[Name]): boolean {
    try {
      // The types of Node's emitter do not follow a generic name.
      return (this as EventEmitter).emit(name, ...told);
    } catch (error) {
      this.#log.error({ err: error, event: name }, 'a listener failed');
      return true;
    }
  }
}

/** The caller as listeners learn of it. */
export function actorOf({ user, project, requestId }: Caller): Actor {
  return { user, project, requestId: requestId ?? null };
}
