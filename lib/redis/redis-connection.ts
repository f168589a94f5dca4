import { RegistryError, type ErrorCode } from '../errors.js';
import { GuardedCalls } from '../guarded-call.js';
import {
  BLOB_STRING,
  isRedisClient,
  isSingleServer,
  type RedisClientLike,
  type RedisCommands,
} from './redis-client.js';
import type { RedisLink } from './redis-link.js';

export interface RedisConnectionOptions {
  /** Milliseconds that a command may take, waiting for the connection included. */
  readonly deadline: number;
  /** Names a command in messages. Default: `Redis: GET`. */
  readonly describe?: (what: string) => string;
  /** What an error of the client or server means. Default: always `unavailable`. */
  readonly codeOf?: (error: unknown) => ErrorCode;
}

/**
 * Sends commands through the client of a link: gives every command a deadline, and takes one whose time is up out of the queue in which the
 * client keeps commands while the server is away. One that was on its way already may have been carried out; the next one goes through
 * another connection.
 */
export class RedisConnection {
  readonly #link: RedisLink;
  readonly #calls: GuardedCalls;

  constructor(link: RedisLink, options: RedisConnectionOptions) {
    this.#link = link;
    this.#calls = new GuardedCalls({ describe: (what) => `Redis: ${what}`, ...options });
  }

  /**
   * Runs commands whose replies are text.
   * @throws RegistryError with the code of the error, which is its cause
   */
  text<T>(what: string, use: (commands: RedisCommands<string>) => Promise<T>): Promise<T> {
    return this.#typed(what, String, (commands) => use(commands as RedisCommands<string>));
  }

  /**
   * Runs commands whose replies are bytes.
   * @throws RegistryError with the code of the error, which is its cause
   */
  bytes<T>(what: string, use: (commands: RedisCommands<Buffer>) => Promise<T>): Promise<T> {
    return this.#typed(what, Buffer, (commands) => use(commands as RedisCommands<Buffer>));
  }

  /**
   * Sends one command as it is, to a client of one server; the strings of its reply are text.
   * @throws RegistryError with the code of the error, which is its cause
   */
  send(args: string[]): Promise<unknown> {
    return this.#run(args[0] ?? '', (client, abortSignal) => {
      if (!isRedisClient(client) || !isSingleServer(client))
        throw new RegistryError('internal', 'This client sends commands by their names only');
      // A client may be set to give Buffers.
      return client.sendCommand(args, { abortSignal, typeMapping: {} });
    });
  }

  #typed<T>(
    what: string,
    type: StringConstructor | BufferConstructor,
    use: (commands: unknown) => Promise<T>,
  ): Promise<T> {
    const typeMapping = { [BLOB_STRING]: type };
    return this.#run(what, (client, abortSignal) =>
      use(client.withCommandOptions({ typeMapping, abortSignal })),
    );
  }

  #run<T>(what: string, work: (client: RedisClientLike, signal: AbortSignal) => Promise<T>): Promise<T> {
    return this.#calls.run(what, async (signal) => {
      const { client } = this.#link;
      signal.addEventListener('abort', () => this.#link.replace(client), { once: true });
      await this.#link.connected();
      return work(client, signal);
    });
  }
}
