import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { RegistryError } from '../errors.js';

/**
 * The body of a request as a stream of its own: whoever destroys it does not destroy the connection with it, and a client that goes away
 * is an error here, never an end.
 */
export class RequestStream extends Readable {
  readonly #request: IncomingMessage;
  readonly #onData = (chunk: Buffer): void => {
    if (!this.push(chunk)) this.#request.pause();
  };
  readonly #onEnd = (): void => void this.push(null);
  readonly #onGone = (): void => {
    if (!this.#request.readableEnded)
      this.destroy(new RegistryError('bad_request', 'The client went away before the body was whole.'));
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
      .pause();
    callback();
    // A request that broke before anyone listened says so no more.
    if (this.#request.destroyed) this.#onGone();
  }

  override _read(): void {
    this.#request.resume();
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.#request.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onGone).pause();
    // 'error' keeps its listener: a client that goes away later must not raise an uncaught exception.
    callback(error);
  }
}
