import { createHash } from 'node:crypto';
import type { Identity } from '../domain/identity.js';
import { ExpiringCache } from './expiring-cache.js';
import type { KeystoneAnswer, KeystoneClient } from './keystone-client.js';
import type { KeystoneSession } from './keystone-session.js';
import { isKeystoneError, readToken, type TokenFacts } from './keystone-token.js';
import { SingleFlight } from './single-flight.js';

/** Tokens that are not valid cost a caller nothing to make up: they get a cache of their own, so that they push no valid one out. */
const MOST_BAD_TOKENS = 1000;

export interface TokenLimits {
  /** ms */
  readonly cacheTime: number;
  readonly cacheSize: number;
  /** ms */
  readonly negativeTime: number;
  readonly adminRole: string;
}

/** What tokens mean, as Keystone says; its answers are kept for a while. Tokens themselves are not kept, only digests. */
export class KeystoneTokens {
  readonly #client: KeystoneClient;
  readonly #session: KeystoneSession;
  readonly #limits: TokenLimits;
  readonly #good: ExpiringCache<Identity>;
  readonly #bad: ExpiringCache<true>;
  readonly #flights = new SingleFlight<Identity | null>();

  constructor(client: KeystoneClient, session: KeystoneSession, limits: TokenLimits) {
    this.#client = client;
    this.#session = session;
    this.#limits = limits;
    this.#good = new ExpiringCache(limits.cacheSize);
    this.#bad = new ExpiringCache(Math.min(MOST_BAD_TOKENS, limits.cacheSize));
  }

  /**
   * Whose token this is; null when it is not valid.
   * @throws RegistryError `unavailable` when Keystone does not tell
   */
  async identityOf(token: string): Promise<Identity | null> {
    const key = createHash('sha256').update(token).digest('base64');
    const known = this.#good.get(key);
    if (known !== undefined) return known;
    if (this.#bad.get(key) !== undefined) return null;
    return this.#flights.run(key, () => this.#learn(key, token));
  }

  clear(): void {
    this.#good.clear();
    this.#bad.clear();
  }

  async #learn(key: string, token: string): Promise<Identity | null> {
    const { cacheTime, negativeTime } = this.#limits;
    const asked = Date.now();
    const facts = await this.#validate(token);
    if (facts === null || facts.expires <= Date.now()) {
      this.#bad.set(key, true, asked + negativeTime);
      return null;
    }
    this.#good.set(key, facts.identity, Math.min(asked + cacheTime, facts.expires));
    return facts.identity;
  }

  async #validate(subject: string): Promise<TokenFacts | null> {
    const own = await this.#session.token();
    let answer = await this.#ask(subject, own);
    if (answer.status === 401) {
      // 401 is about our own token, 404 about the caller's.
      this.#session.refused(own);
      answer = await this.#ask(subject, await this.#session.token());
    }
    const { status, body } = answer;
    if (status === 404 && isKeystoneError(body, status)) return null;
    if (status === 401) throw this.#client.fault("refuses the registry's own token");
    if (status === 403) {
      throw this.#client.fault(
        'does not let the registry validate tokens: its user lacks the role service or admin',
      );
    }
    const facts = status === 200 ? readToken(body, this.#limits.adminRole) : null;
    if (facts === null) throw this.#client.fault(`gave no sensible answer about a token (${status})`);
    return facts;
  }

  #ask(subject: string, own: string): Promise<KeystoneAnswer> {
    return this.#client.tokens({
      method: 'GET',
      headers: { 'x-auth-token': own, 'x-subject-token': subject },
    });
  }
}
