import { RegistryError, type ErrorCode } from '../errors.js';
import { GuardedCalls } from '../guarded-call.js';
import {
  BLOB_STRING,
  isRedisClient,
  isSingleServer,
  type RedisClient,
  type RedisClientLike,
  type RedisCommands,
} from './redis-client.js';

export interface RedisConnectionOptions {
  /** Milliseconds that a command may take, waiting for the connection included. */
  readonly deadline: number;
  /** Names a command in messages. Default: `Redis: GET`. */
  readonly describe?: (what: string) => string;
  /** What an error of the client or server means. Default: always `unavailable`. */
  readonly codeOf?: (error: unknown) => ErrorCode;
  /** Connects a client that is not connected, or gave up, when there is something to send. Default false. */
  readonly connects?: boolean;
}

/**
 * Sends commands through a client: gives every command a deadline, and takes one whose time is up out of the queue in which the client
 * keeps commands while the server is away. One that was on its way already may have been carried out. The client is never closed.
 */
export class RedisConnection {
  readonly #client: RedisClientLike;
  readonly #calls: GuardedCalls;
  readonly #connects: boolean;
  #connecting: Promise<unknown> | undefined;
  #closed = false;

  constructor(client: RedisClientLike, options: RedisConnectionOptions) {
    this.#client = client;
    this.#calls = new GuardedCalls({ describe: (what) => `Redis: ${what}`, ...options });
    this.#connects = options.connects ?? false;
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
    return this.#run(args[0] ?? '', (abortSignal) => {
      const client = this.#client;
      if (!isRedisClient(client) || !isSingleServer(client))
        throw new RegistryError('internal', 'This client sends commands by their names only');
      // A client may be set to give Buffers.
      return client.sendCommand(args, { abortSignal, typeMapping: {} });
    });
  }

  /** Sends nothing from now on; the client belongs to somebody else and stays as it is. */
  close(): void {
    this.#closed = true;
  }

  #typed<T>(
    what: string,
    type: StringConstructor | BufferConstructor,
    use: (commands: unknown) => Promise<T>,
  ): Promise<T> {
    const typeMapping = { [BLOB_STRING]: type };
    return this.#run(what, (abortSignal) =>
      use(this.#client.withCommandOptions({ typeMapping, abortSignal })),
    );
  }

  #run<T>(what: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return this.#calls.run(what, async (signal) => {
      if (this.#closed) throw new Error('This connection is closed');
      if (this.#connects && isRedisClient(this.#client)) await this.#connect(this.#client);
      return work(signal);
    });
  }

  /** A client that gave up, or never connected, is started again; one that reconnects by itself is left alone. */
  async #connect(client: RedisClient): Promise<void> {
    if (!client.isOpen) {
      this.#connecting = client.connect().finally(() => {
        this.#connecting = undefined;
      });
    }
    await this.#connecting;
  }
}
