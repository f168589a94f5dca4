import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { freePort } from './free-port.js';

/** The way to a server, which can be cut, or go silent, while the server goes on. */
export class Wire {
  readonly #target: number;
  readonly #sockets = new Set<Socket>();
  /** Those of them that lead to the server. */
  readonly #far = new Set<Socket>();
  #swallows = false;
  /** Connections that were made, and those of them that are open. */
  connections = 0;
  open = 0;
  #server = createServer();
  #port = 0;

  constructor(target: number) {
    this.#target = target;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.#port}`;
  }

  async connect(): Promise<void> {
    // It comes back where it was.
    if (this.#port === 0) this.#port = await freePort();
    this.#server = createServer((near) => {
      const far = connect(this.#target, '127.0.0.1');
      this.#far.add(far);
      this.connections += 1;
      this.open += 1;
      near.once('close', () => (this.open -= 1));
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(from);
        from.on('error', () => to.destroy());
        if (this.#swallows) from.resume();
        else from.pipe(to);
      }
    }).listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  /** From now on connections that there are lose all bytes without a word, as behind a NAT that has forgotten them; new ones work. */
  goSilent(): void {
    for (const socket of this.#sockets) socket.unpipe().resume();
  }

  /** From now on what connections that there are bring still arrives, and the answers to it are lost. */
  loseAnswers(): void {
    for (const socket of this.#far) socket.unpipe().resume();
  }

  /** Whether new connections lose all bytes, too, as through a proxy that hangs. */
  set swallows(swallows: boolean) {
    this.#swallows = swallows;
    if (swallows) this.goSilent();
  }

  async cut(): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
    this.#far.clear();
    await once(this.#server, 'close');
  }
}
