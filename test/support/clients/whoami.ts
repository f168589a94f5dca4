import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Authenticate, Identity } from '../../../lib/index.js';
import { isRegistryError } from '../../../lib/errors.js';

/** What a strategy said about a request: who it is, null for nobody, or the code and private message of its refusal. */
export interface Said {
  readonly identity?: Identity | null;
  readonly code?: string;
  readonly message?: string;
}

export interface Whoami {
  /** Sends a request with these headers; an array is sent as that many header lines. */
  ask(headers?: http.OutgoingHttpHeaders): Promise<Said>;
  close(): Promise<void>;
}

/**
 * A server that asks the strategy about each request and answers with what it said.
 * @param listen an address of this host, or the path of a Unix socket
 */
export async function whoami(authenticate: Authenticate, listen = '127.0.0.1'): Promise<Whoami> {
  const server = http.createServer((request, response) => {
    const said = async (): Promise<Said> => ({ identity: await authenticate(request) });
    void said()
      .catch((error: unknown): Said => {
        if (isRegistryError(error)) return { code: error.code, message: describe(error) };
        return { code: 'thrown', message: String(error) };
      })
      .then((answer) => response.end(JSON.stringify(answer)));
  });
  const isPath = listen.startsWith('/');
  await new Promise<void>((resolve) => {
    if (isPath) server.listen(listen, resolve);
    else server.listen(0, listen, resolve);
  });
  const to = isPath ? { socketPath: listen } : { port: (server.address() as AddressInfo).port };
  return {
    ask: (headers = {}) => send({ ...to, headers, agent: false }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

/** The message, and those of its causes. */
function describe(error: Error): string {
  return error.cause instanceof Error ? `${error.message}: ${describe(error.cause)}` : error.message;
}

function send(options: http.RequestOptions): Promise<Said> {
  return new Promise((resolve, reject) => {
    const request = http.get({ host: '127.0.0.1', ...options }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('end', () => resolve(JSON.parse(text) as Said));
    });
    request.on('error', reject);
  });
}
