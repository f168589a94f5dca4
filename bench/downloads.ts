/**
 * Downloads over raw sockets, in a process of its own, for one who tells it what: `{ url, size, width }` by `send`, again and again. It answers with the seconds
 * of CPU time that it needed. The bytes are counted and thrown away.
 */
import { connect } from 'node:net';

/** What is to be downloaded, so many times at once. */
export interface Downloads {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly size: number;
  readonly width: number;
}

const END_OF_HEAD = '\r\n\r\n';

function download({ url, headers = {}, size }: Downloads): Promise<void> {
  const { hostname, port, pathname, host } = new URL(url);
  return new Promise((resolve, reject) => {
    const buffer = Buffer.allocUnsafe(256 * 1024);
    let head = '';
    let left = size;
    const take = (bytes: number): boolean => {
      if (head.endsWith(END_OF_HEAD)) left -= bytes;
      else {
        const text = head + buffer.toString('latin1', 0, bytes);
        const end = text.indexOf(END_OF_HEAD);
        head = end < 0 ? text : text.slice(0, end + END_OF_HEAD.length);
        left -= text.length - head.length;
        if (end >= 0 && !head.startsWith('HTTP/1.1 200 ')) socket.destroy(new Error(head));
      }
      if (left <= 0) socket.destroy(left < 0 ? new Error('too many bytes came') : undefined);
      return true;
    };
    const socket = connect({ port: Number(port), host: hostname, onread: { buffer, callback: take } });
    socket.once('connect', () => {
      const lines = Object.entries({ host, connection: 'close', ...headers }).map(
        ([name, value]) => `${name}: ${value}`,
      );
      socket.write(`GET ${pathname} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
    });
    socket.once('error', reject).once('close', () => {
      if (left === 0) resolve();
      else reject(new Error(`${left} bytes are missing`));
    });
  });
}

process.on('message', (asked: Downloads) => {
  const start = process.cpuUsage();
  Promise.all(Array.from({ length: asked.width }, () => download(asked))).then(
    () => {
      const { user, system } = process.cpuUsage(start);
      process.send?.((user + system) / 1e6);
    },
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
process.send?.('ready');
