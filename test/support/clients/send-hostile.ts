import { ANN } from '../mounts/host.js';
import type { Hostile } from './hostile-requests.js';
import { RawSocket } from './raw-socket.js';

/** Sends the bytes of a request and gives the answer that comes. */
export async function sendHostile(
  url: string,
  hostile: Hostile,
  chunked: boolean,
): Promise<{ readonly status: number; readonly received: string }> {
  const { method, path, headers, body } = hostile;
  const { host, pathname } = new URL(url);
  const names = headers.map(([name]) => name.toLowerCase());
  const all = [
    ...(names.includes('host') ? [] : [['Host', host] as const]),
    ['X-Auth-Token', ANN],
    ['Connection', 'close'],
    ...headers,
    ...(body === undefined
      ? []
      : [chunked ? ['Transfer-Encoding', 'chunked'] : ['Content-Length', String(body.length)]]),
  ];
  const lines = all.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const socket = await RawSocket.open(url);
  try {
    await socket.send(`${method} ${pathname.replace(/\/$/, '')}${path} HTTP/1.1\r\n${lines}\r\n`);
    if (body !== undefined && chunked) {
      if (body.length > 0) {
        await socket.send(`${body.length.toString(16)}\r\n`);
        await socket.send(body);
        await socket.send('\r\n');
      }
      await socket.send('0\r\n\r\n');
    } else if (body !== undefined) await socket.send(body);
    await socket.untilClosed();
    const [, status] = /^HTTP\/1\.1 (\d{3}) /.exec(socket.received) ?? [];
    return { status: Number(status), received: socket.received };
  } finally {
    socket.destroy();
  }
}
