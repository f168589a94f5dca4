import http from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SourceServer {
  readonly url: string;
  close(): Promise<void>;
}

/** A server on loopback to fetch images from: `/data/N` is N times `x`, all else is 404. */
export async function startSourceServer(): Promise<SourceServer> {
  const server = http.createServer((request, response) => {
    const digits = /^\/data\/(\d+)$/.exec(request.url ?? '')?.[1];
    if (digits === undefined) {
      response.writeHead(404).end();
      return;
    }
    const body = Buffer.alloc(Number(digits), 'x');
    response.writeHead(200, { 'content-length': body.length, 'content-type': 'application/octet-stream' });
    response.end(request.method === 'HEAD' ? undefined : body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}
