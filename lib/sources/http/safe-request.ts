import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { openSocket } from './open-socket.js';
import type { CheckedRules } from './source-rules.js';
import { within } from './time-limit.js';

/** What is asked of a source. */
export interface Ask {
  readonly method: 'GET' | 'HEAD';
  /** Value of the Range header. */
  readonly range?: string;
}

/** Bytes of the header of an answer. */
const MAX_HEADER = 16 * 1024;

/**
 * Sends one request, with no cookies and no credentials, over a connection of its own that ends with the answer, and
 * gives the answer when its header is there. Whoever gets it reads or destroys it.
 * @throws Error; the signal's reason when it aborts
 */
export async function safeRequest(
  url: URL,
  ask: Ask,
  rules: CheckedRules,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const socket = await within(rules.connectTimeout, 'connecting', signal, (connecting) =>
    openSocket(url, rules, connecting),
  );
  try {
    return await send(socket, url, ask, signal);
  } catch (error) {
    socket.destroy();
    signal.throwIfAborted();
    throw error;
  }
}

function send(
  socket: Socket,
  url: URL,
  { method, range }: Ask,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      createConnection: () => socket,
      method,
      path: url.pathname + url.search,
      setHost: false,
      headers: {
        host: url.host,
        'user-agent': 'express-image-registry',
        accept: '*/*',
        'accept-encoding': 'identity',
        ...(range === undefined ? {} : { range }),
      },
      maxHeaderSize: MAX_HEADER,
      insecureHTTPParser: false,
    });
    let answer: IncomingMessage | null = null;
    const stop = (): void => void request.destroy();
    signal.addEventListener('abort', stop, { once: true });
    request.once('response', (response) => {
      signal.removeEventListener('abort', stop);
      answer = response;
      resolve(response);
    });
    // A body that breaks the rules of HTTP shows here, not at the answer.
    request.on('error', (error) => {
      answer?.destroy(error);
      reject(error);
    });
    request.once('close', () => {
      signal.removeEventListener('abort', stop);
      reject(new Error('the source closed the connection without an answer'));
    });
    request.end();
  });
}
