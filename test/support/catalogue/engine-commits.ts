import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import path from 'node:path';
import type { Medium } from '../life/life-storage.js';
import { until } from '../until.js';

/** Counts what an engine has committed, as the engine itself tells it. */
export interface EngineCommits {
  /** Commits so far. */
  count(): Promise<number>;
  end(): void;
}

/** The commits of a storage whose metadata is in a medium that has an engine. */
export async function engineCommits(folder: string, medium: Medium): Promise<EngineCommits> {
  if (medium === 'memory') throw new Error('there is no engine to ask');
  if (medium === 'LMDB and disk') return lmdbCommits(path.join(folder, 'metadata', 'data.mdb'));
  return RedisCommits.on(medium.redis);
}

/** Each flush of LMDB writes the number of its transaction into one of the two meta pages, by turns. */
function lmdbCommits(file: string): EngineCommits {
  const count = async (): Promise<number> => {
    const handle = await open(file);
    try {
      const { buffer: first } = await handle.read(Buffer.alloc(160), 0, 160, 0);
      const pageSize = first.readUInt32LE(48);
      const { buffer: second } = await handle.read(Buffer.alloc(160), 0, 160, pageSize);
      return Math.max(...[first, second].map((page) => Number(page.readBigUInt64LE(152))));
    } finally {
      await handle.close();
    }
  };
  return { count, end: () => undefined };
}

/** Every commit is a script that writes or removes one record, and MONITOR shows what scripts do. */
class RedisCommits implements EngineCommits {
  readonly #socket: Socket;
  #seen = '';
  #markers = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('utf8').on('data', (text: string) => (this.#seen += text));
  }

  static async on(url: string): Promise<RedisCommits> {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    const commits = new RedisCommits(socket);
    socket.write('MONITOR\r\n');
    await until('the server tells of commands', () => commits.#seen.startsWith('+OK'));
    return commits;
  }

  async count(): Promise<number> {
    // The server tells of commands in their order: behind this one's mark all of them have been told.
    this.#markers += 1;
    const marker = `marker-${this.#markers}-${process.pid}`;
    const other = connect(this.#socket.remotePort ?? 0, this.#socket.remoteAddress ?? '');
    other.write(`PING ${marker}\r\n`);
    await until('the server has told of all commands', () => this.#seen.includes(marker));
    other.destroy();
    return this.#seen.match(/ lua\] "(SET|DEL)" "\{[^"]*\}:record:/g)?.length ?? 0;
  }

  end(): void {
    this.#socket.destroy();
  }
}
