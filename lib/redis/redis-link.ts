import { processWarnings, type Logger } from '../logger.js';
import {
  isRedisClient,
  isReplaceable,
  type RedisClientLike,
  type ReplaceableClient,
} from './redis-client.js';
import { watchOutages } from './watch-outages.js';

export interface RedisLinkOptions {
  /** Whether the given client is this link's to connect when it is not connected, or gave up. Default false. */
  readonly connects?: boolean;
  /** Whether the given client is this link's to destroy. Default false. */
  readonly owned?: boolean;
  /** Told of connections that were replaced. Default: `process.emitWarning`. */
  readonly logger?: Logger | undefined;
}

/**
 * The client that commands go through: the given one until it leaves a command unanswered, then another one of the same settings. A connection
 * whose peer is gone without a word (the state of a NAT was lost, a proxy hangs) would else be waited on for as long as the system
 * repeats its segments. The given client stays connected: it may be somebody else's, and come round. All replacements are this link's own.
 */
export class RedisLink {
  readonly #given: RedisClientLike;
  readonly #connects: boolean;
  readonly #owned: boolean;
  readonly #logger: Logger;
  #client: RedisClientLike;
  /** Its own clients that have a socket and no answer on it yet. */
  readonly #greeting = new WeakSet<ReplaceableClient>();
  #connecting: Promise<unknown> | undefined;
  #closed = false;

  constructor(client: RedisClientLike, options: RedisLinkOptions = {}) {
    this.#given = client;
    this.#client = client;
    this.#connects = options.connects ?? false;
    this.#owned = options.owned ?? false;
    this.#logger = options.logger ?? processWarnings;
    if (this.#owned && isReplaceable(client)) this.#watch(client);
  }

  /** The client in use; to be named when it did not answer. */
  get client(): RedisClientLike {
    return this.#client;
  }

  /**
   * Connects the client in use where that is this link's to do; one that reconnects by itself is left alone.
   * @throws Error of the client; one when the link is closed
   */
  async connected(): Promise<void> {
    if (this.#closed) throw new Error('This connection is closed');
    const client = this.#client;
    if (client === this.#given && !this.#connects) return;
    if (isRedisClient(client) || isReplaceable(client)) await this.#connect(client);
  }

  /**
   * Goes on with another connection. Only the first of many commands that were sent through the same client has that effect.
   * @param silent the client that did not answer in time
   */
  replace(silent: RedisClientLike): void {
    if (this.#closed || silent !== this.#client || !isReplaceable(silent)) return;
    // One that is not connected has told so.
    if (silent.isReady !== false)
      this.#logger.warn({}, 'Redis did not answer in time: its connection is replaced');
    this.#client = this.#another(silent);
    this.#connecting = undefined;
    if (silent !== this.#given || this.#owned) this.#retire(silent);
  }

  /** Sends nothing from now on, and destroys what is its own. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const client = this.#client;
    if ((client !== this.#given || this.#owned) && isReplaceable(client)) this.#retire(client);
  }

  #another(silent: ReplaceableClient): ReplaceableClient {
    const client = silent.duplicate();
    watchOutages(client, { logger: this.#logger, text: 'the connection to Redis is lost', begun: true });
    this.#watch(client);
    // The given client keeps a process going as its owner wishes.
    client.unref?.();
    return client;
  }

  async #connect(client: { readonly isOpen: boolean; connect(): Promise<unknown> }): Promise<void> {
    if (!client.isOpen) {
      const connecting = client.connect().finally(() => {
        if (this.#connecting === connecting) this.#connecting = undefined;
      });
      this.#connecting = connecting;
    }
    await this.#connecting;
  }

  #watch(client: ReplaceableClient): void {
    client.on('connect', () => this.#greeting.add(client));
    client.on('ready', () => this.#greeting.delete(client));
    client.on('error', () => this.#greeting.delete(client));
  }

  /** Destroys a client; one whose socket is just being made afterwards, as it would not let go of it before. */
  #retire(client: ReplaceableClient): void {
    const destroy = (): void => {
      if (client.isOpen) client.destroy();
    };
    if (client.isReady !== false || this.#greeting.has(client)) destroy();
    else client.on('connect', destroy);
    client.on('error', destroy);
  }
}
