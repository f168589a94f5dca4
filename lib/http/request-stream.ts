import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { RegistryError } from '../errors.js';

/**
 * The body of a request as a stream of its own: whoever destroys it does not destroy the connection with it, and a client that goes away
 * is an error here, never an end.
 */
export class RequestStream extends Readable {
  readonly #request: IncomingMessage;
  readonly #onData = (chunk: Buffer): void => {
    if (this.push(chunk)) return;
    this.#wanted = false;
    this.#request.pause();
  };
  readonly #onEnd = (): void => void this.push(null);
  /** Whether the client is waited for, and not whoever takes its data. */
  #wanted = false;
  readonly #onIdle = (socket: Socket): void => {
    if (this.#wanted)
      this.destroy(
        new RegistryError('request_timeout', 'The body did not come: the client was silent for too long.'),
      );
    // A timer that has gone off starts anew only when it is set.
    else socket.setTimeout(socket.timeout ?? 0);
  };
  readonly #onGone = (): void => {
    if (!this.#request.readableEnded)
      this.destroy(new RegistryError('client_gone', 'The client went away before the body was whole.'));
  };

  constructor(request: IncomingMessage) {
    super({ highWaterMark: 256 * 1024 });
    this.#request = request;
  }

  override _construct(callback: () => void): void {
    this.#request
      .on('data', this.#onData)
      .on('end', this.#onEnd)
      .on('error', this.#onGone)
      .on('close', this.#onGone)
      .on('timeout', this.#onIdle)
      .pause();
    callback();
    // A request that broke before anyone listened says so no more.
    if (this.#request.destroyed) this.#onGone();
  }

  override _read(): void {
    this.#wanted = true;
    this.#request.resume();
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.#request
      .off('data', this.#onData)
      .off('end', this.#onEnd)
      .off('close', this.#onGone)
      .off('timeout', this.#onIdle)
      .pause();
    // 'error' keeps its listener: a client that goes away later must not raise an uncaught exception.
    callback(error);
  }
}
