import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Looks after the connections of a server from before it listens, so that it can be stopped.
 *
 * @returns stops accepting connections, closes those without a request, lets the requests in progress end, and breaks off what still runs
 *   after so many milliseconds
 */
export function drainable(server: Server): (milliseconds: number) => Promise<void> {
  const requests = new Map<Socket, number>();
  let stopping = false;
  const change = (socket: Socket, by: number): void => {
    const before = requests.get(socket);
    if (before === undefined) return;
    requests.set(socket, before + by);
    // Also half a head is no request yet: it may never become one.
    if (stopping && before + by === 0) socket.destroySoon();
  };
  server.on('connection', (socket: Socket) => {
    requests.set(socket, 0);
    socket.once('close', () => requests.delete(socket));
  });
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    change(socket, 1);
    // A connection that is kept alive ends with the request on it.
    if (stopping) response.shouldKeepAlive = false;
    response.once('close', () => change(socket, -1));
  });
  return async (milliseconds) => {
    stopping = true;
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of requests.keys()) change(socket, 0);
    const deadline = setTimeout(() => server.closeAllConnections(), milliseconds);
    await closed;
    clearTimeout(deadline);
  };
}

/**
 * Stops a server.
 * @throws Error when it has not stopped within so many seconds: storage that does not answer must not keep the process
 */
export async function stopInTime(server: { stop(): Promise<void> }, seconds: number): Promise<void> {
  const late = new Error(`not stopped within ${seconds} s: what was going on is settled by the next start`);
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(late), seconds * 1000);
    server
      .stop()
      .then(resolve, reject)
      .finally(() => clearTimeout(timer));
  });
}

/** A Ctrl-C reaches a server under npm twice: from the terminal, and passed on by npm. Milliseconds. */
const SAME_KEYSTROKE = 500;

/** Calls `stop` at the first SIGTERM or SIGINT; another one later ends the process at once. */
export function onSignal(stop: (signal: NodeJS.Signals) => void): void {
  let first: number | null = null;
  for (const [signal, code] of [
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const) {
    process.on(signal, () => {
      const now = performance.now();
      if (first === null) {
        first = now;
        stop(signal);
      } else if (now - first > SAME_KEYSTROKE) {
        process.exit(code);
      }
    });
  }
}
