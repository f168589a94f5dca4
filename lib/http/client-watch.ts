import type { Request, Response } from 'express';
import { RegistryError } from '../errors.js';

/** Milliseconds without anything to send after which a client that has closed its side of the connection counts as gone. */
const HALF_CLOSED = 5000;

/** Whether the client of a request is still there. */
export class ClientWatch {
  readonly #request: Request;
  readonly #response: Response;
  #signal: AbortSignal | undefined;

  constructor(request: Request, response: Response) {
    this.#request = request;
    this.#response = response;
    closeWhenGone(request, response);
  }

  /** Whether the connection has ended before the answer has. */
  get isGone(): boolean {
    return this.#signal?.aborted ?? (this.#response.closed && !this.#response.writableFinished);
  }

  /** Aborted with a RegistryError then; made when somebody first asks for it, since most requests are answered at once. */
  get signal(): AbortSignal {
    this.#signal ??= whileConnected(this.#request, this.#response);
    return this.#signal;
  }
}

function whileConnected(request: Request, response: Response): AbortSignal {
  const gone = new AbortController();
  const abort = (): void => {
    if (!response.writableFinished)
      gone.abort(new RegistryError('client_gone', 'The client went away before it had the answer.'));
  };
  if (response.closed) abort();
  response.once('close', abort);
  // A request that is broken off raises 'error' where it is listened to.
  request.on('error', abort);
  return gone.signal;
}

/**
 * A client that ends its side of the connection may still read the answer, or may have gone: only what is sent to it tells. It gets what can
 * be had soon, and nothing is looked for on its behalf for long.
 */
function closeWhenGone({ method, socket }: Request, response: Response): void {
  // What is brought by others is stored whether they stay or not, once it is all there.
  if (method !== 'GET' && method !== 'HEAD') return;
  let timer: NodeJS.Timeout | undefined;
  const halfClosed = (): void => {
    let sent = socket.bytesWritten;
    timer = setInterval(() => {
      // What is on its way to it is refused when it has gone.
      if (socket.bytesWritten === sent && socket.writableLength === 0) socket.destroy();
      sent = socket.bytesWritten;
    }, HALF_CLOSED);
  };
  if (socket.readableEnded) halfClosed();
  else socket.once('end', halfClosed);
  response.once('close', () => {
    socket.off('end', halfClosed);
    clearInterval(timer);
  });
}
