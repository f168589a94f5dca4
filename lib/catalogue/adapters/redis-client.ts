import { withDeadline } from '../../deadline.js';
import { RegistryError } from '../../errors.js';
import { type InjectedKeyv, innerStore, isObject } from './injected-keyv.js';

/** What is used of a client of @redis/client 5. */
export interface RedisClient {
  readonly isOpen: boolean;
  connect(): Promise<unknown>;
  sendCommand(
    args: string[],
    options?: { abortSignal?: AbortSignal; typeMapping?: object },
  ): Promise<unknown>;
}

/**
 * The client of a Keyv whose storage adapter is KeyvRedis of @keyv/redis 5, known by its client of @redis/client 5;
 * undefined for any other Keyv.
 */
export function redisClientOf(keyv: InjectedKeyv): RedisClient | undefined {
  const client = innerStore(keyv)?.client;
  return isRedisClient(client) ? client : undefined;
}

/** Whether the client speaks to a cluster or by way of sentinels, where `sendCommand` has other parameters. */
export function isSingleServer(client: RedisClient): boolean {
  return !('slots' in client) && !('getSentinelNode' in client);
}

/**
 * Sends commands through the caller's client: connects it when it is not, gives every command a deadline, and takes one
 * whose time is up out of the queue in which the client keeps commands while the server is away.
 */
export class RedisConnection {
  readonly #client: RedisClient;
  readonly #deadline: number;
  #connecting: Promise<unknown> | undefined;
  #closed = false;

  constructor(client: RedisClient, deadline: number) {
    this.#client = client;
    this.#deadline = deadline;
  }

  /**
   * @throws RegistryError `unavailable` when the server does not answer in time or answers with an error, which is its
   *   cause; a command that was on its way already may have been carried out
   */
  async send(args: string[]): Promise<unknown> {
    const what = `Redis ${args[0] ?? ''}`;
    try {
      return await withDeadline(
        async (signal) => {
          if (this.#closed) throw new Error('The key space is closed');
          await this.#connect();
          // A client may be set to give Buffers; here replies are strings.
          return this.#client.sendCommand(args, { abortSignal: signal, typeMapping: {} });
        },
        this.#deadline,
        what,
      );
    } catch (error) {
      if (error instanceof RegistryError) throw error;
      throw new RegistryError('unavailable', `${what} failed`, { cause: error });
    }
  }

  /** Sends nothing from now on; the client belongs to the caller and stays as it is. */
  close(): void {
    this.#closed = true;
  }

  /** A client that gave up, or never connected, is started again; one that reconnects by itself is left alone. */
  async #connect(): Promise<void> {
    if (!this.#client.isOpen) {
      this.#connecting = this.#client.connect().finally(() => {
        this.#connecting = undefined;
      });
    }
    await this.#connecting;
  }
}

function isRedisClient(value: unknown): value is RedisClient {
  return (
    isObject(value) &&
    typeof value.isOpen === 'boolean' &&
    typeof value.connect === 'function' &&
    typeof value.sendCommand === 'function' &&
    typeof value.withTypeMapping === 'function'
  );
}
