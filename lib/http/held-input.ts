import type { Socket } from 'node:net';

/** Bytes that are kept of what comes while the input is held; then the socket is read no further. */
const KEPT = 64 * 1024;

type Listener = (chunk: Buffer) => void;

/**
 * Keeps what a client sends from the HTTP parser of its connection for a while. The socket is read on as far as there is room to keep it:
 * one that is not read does not show that the client has gone.
 */
export class HeldInput {
  readonly #socket: Socket;
  #state: 'free' | 'begins' | 'held' = 'free';
  #parsers: Listener[] = [];
  #kept: Buffer[] = [];
  #size = 0;
  readonly #keep = (chunk: Buffer): void => {
    this.#kept.push(chunk);
    this.#size += chunk.length;
    if (this.#size >= KEPT) this.#socket.pause();
  };

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** What comes from now on is kept; what came together with the request that is just parsed still reaches the parser. */
  hold(): void {
    if (this.#state !== 'free') return;
    this.#state = 'begins';
    // The parser is at work now, and must not lose its socket meanwhile.
    process.nextTick(() => this.#begin());
  }

  /** Gives the parser what was kept, and all that follows. */
  release(): void {
    if (this.#state === 'held') this.#end();
    this.#state = 'free';
  }

  #begin(): void {
    if (this.#state !== 'begins') return;
    this.#state = 'held';
    const socket = this.#socket;
    // A listener for data also makes Node give the data to JavaScript, and no more to the parser directly.
    socket.on('data', this.#keep);
    this.#parsers = socket.listeners('data').filter((one): one is Listener => one !== this.#keep);
    for (const parser of this.#parsers) socket.off('data', parser);
    socket.resume();
    // The parser may have stopped the handle below the stream, which does not know of it.
    socket._read(0);
  }

  #end(): void {
    const socket = this.#socket;
    socket.pause();
    socket.off('data', this.#keep);
    for (const parser of this.#parsers) socket.on('data', parser);
    // Behind its end a stream takes nothing back: what such a client has sent ahead is not answered.
    if (!socket.readableEnded) for (const chunk of this.#kept.reverse()) socket.unshift(chunk);
    this.#parsers = [];
    this.#kept = [];
    this.#size = 0;
    if (!isPausedByNode(socket)) socket.resume();
  }
}

/** Node pauses a socket with too many answers to send, resumes it by itself, and relies on nobody else doing that. */
function isPausedByNode(socket: Socket): boolean {
  return '_paused' in socket && socket._paused === true;
}
