import { once } from 'node:events';
import net from 'node:net';

/** Milliseconds of silence after which a test fails. */
const PATIENCE = 30_000;

/** A connection on which a test says exactly what it wants. */
export class RawSocket {
  readonly #socket: net.Socket;
  #received = '';
  #closed = false;
  #wake: () => void = () => undefined;

  private constructor(socket: net.Socket) {
    this.#socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (part: string) => {
      this.#received += part;
      this.#wake();
    });
    socket.on('drain', () => this.#wake());
    // A server that breaks the connection off is what some tests want: 'close' follows.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#closed = true;
      this.#wake();
    });
  }

  static async open(url: string): Promise<RawSocket> {
    const { hostname, port } = new URL(url);
    const socket = net.connect(Number(port), hostname);
    await once(socket, 'connect');
    return new RawSocket(socket);
  }

  /** Everything that came, a character for each byte. */
  get received(): string {
    return this.#received;
  }

  /** Sends; resolves when the socket can take more, or will never. */
  async send(data: string | Buffer): Promise<void> {
    this.#socket.write(typeof data === 'string' ? Buffer.from(data, 'latin1') : data);
    while (this.#socket.writableNeedDrain && !this.#closed) await this.#change();
  }

  /** Stops to read, so that the server cannot send for ever. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Waits until what came matches. @throws Error when the connection ends before that */
  async until(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.#received)) {
      if (this.#closed) throw new Error(`${pattern.source} did not come: ${this.#received.slice(-300)}`);
      await this.#change();
    }
  }

  /** Waits until the connection is closed. */
  async untilClosed(): Promise<void> {
    while (!this.#closed) await this.#change();
  }

  /** Ends its side of the connection. */
  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #change(): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`silence after: ${this.#received}`)), PATIENCE);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** The head of an HTTP/1.1 request to a URL. */
export function requestHead(method: string, url: string, headers: Readonly<Record<string, string>>): string {
  const { host, pathname, search } = new URL(url);
  const lines = Object.entries({ Host: host, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${pathname}${search} HTTP/1.1\r\n${lines.join('')}\r\n`;
}
