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
