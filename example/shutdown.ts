import type { Server } from 'node:http';

/**
 * Stops accepting connections, lets the requests in progress end, and breaks off those that still run at the deadline.
 *
 * @param seconds the deadline, from now
 */
export async function drain(server: Server, seconds: number): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  // A connection that is kept alive ends with the request on it.
  server.on('request', (_request, response) => {
    response.shouldKeepAlive = false;
  });
  const idle = setInterval(() => server.closeIdleConnections(), 100);
  const deadline = setTimeout(() => server.closeAllConnections(), seconds * 1000);
  await closed;
  clearInterval(idle);
  clearTimeout(deadline);
}

/**
 * Calls `stop` at the first SIGTERM or SIGINT; a second one ends the process at once.
 */
export function onSignal(stop: (signal: NodeJS.Signals) => void): void {
  let stopping = false;
  for (const [signal, code] of [
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const) {
    process.on(signal, () => {
      if (stopping) process.exit(code);
      stopping = true;
      stop(signal);
    });
  }
}
