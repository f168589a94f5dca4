import type { Logger } from '../logger.js';

/** What is listened to of a client. */
export interface ClientEvents {
  on(event: 'connect' | 'ready' | 'error', listener: (error?: unknown) => void): unknown;
}

/** The outage of a connection that is going on, if any. */
export interface Outage {
  readonly isOver: boolean;
  /** The last error of it; null while there was none. */
  readonly error: unknown;
}

/**
 * Warns once of each outage: a client tries again every two seconds at most.
 * @param begun whether the client takes the place of one whose outage was told already
 */
export function watchOutages(
  client: ClientEvents,
  { logger, text, begun }: { readonly logger: Logger; readonly text: string; readonly begun: boolean },
): Outage {
  const outage: { isOver: boolean; error: unknown } = { isOver: !begun, error: null };
  client.on('ready', () => Object.assign(outage, { isOver: true, error: null }));
  client.on('error', (error) => {
    if (outage.isOver) logger.warn({ err: error }, text);
    Object.assign(outage, { isOver: false, error });
  });
  return outage;
}
