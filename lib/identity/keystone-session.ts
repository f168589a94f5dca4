import type { RegistryError } from '../errors.js';
import type { KeystoneClient } from './keystone-client.js';
import type { KeystoneCredentials } from './keystone-options.js';
import { expiryOf } from './keystone-token.js';
import { SingleFlight } from './single-flight.js';

/** A token is renewed so many ms before its end. */
const MARGIN = 60_000;

/** The registry's own token, fetched when first needed and renewed before it ends. */
export class KeystoneSession {
  readonly #client: KeystoneClient;
  readonly #credentials: KeystoneCredentials;
  readonly #negativeTime: number;
  readonly #fetching = new SingleFlight<string>();
  #held: { readonly token: string; readonly renewAt: number } | null = null;
  #refusal: { readonly error: RegistryError; readonly until: number } | null = null;

  /** @param negativeTime ms without another try after Keystone refused the credentials: tries can lock an account */
  constructor(client: KeystoneClient, credentials: KeystoneCredentials, negativeTime: number) {
    this.#client = client;
    this.#credentials = credentials;
    this.#negativeTime = negativeTime;
  }

  /** @throws RegistryError `unavailable` when Keystone is down or refuses the credentials */
  async token(): Promise<string> {
    const credentials = this.#credentials;
    if ('token' in credentials) return credentials.token;
    if (this.#held !== null && Date.now() < this.#held.renewAt) return this.#held.token;
    if (this.#refusal !== null && Date.now() < this.#refusal.until) throw this.#refusal.error;
    return this.#fetching.run('own', () => this.#fetch(credentials));
  }

  /** Keystone did not take this token of ours: the next one is a new one. */
  refused(token: string): void {
    if (this.#held?.token === token) this.#held = null;
  }

  async #fetch(credentials: Renewable): Promise<string> {
    const sent = Date.now();
    const { status, headers, body } = await this.#client.tokens({
      method: 'POST',
      body: authRequest(credentials),
    });
    if (status === 401 || status === 403) {
      const error = this.#client.fault(`refuses the registry's own credentials (${status})`);
      this.#refusal = { error, until: Date.now() + this.#negativeTime };
      throw error;
    }
    const token = headers['x-subject-token'];
    const expires = expiryOf(body);
    if (status !== 201 || typeof token !== 'string' || expires === null) {
      throw this.#client.fault(`gave the registry no token: it answered ${status}`);
    }
    this.#refusal = null;
    this.#held = { token, renewAt: expires - Math.min(MARGIN, (expires - sent) / 2) };
    return token;
  }
}

type Renewable = Exclude<KeystoneCredentials, { readonly token: string }>;

/** Body of `POST /v3/auth/tokens`. */
function authRequest(credentials: Renewable): object {
  if ('applicationCredentialId' in credentials) {
    const { applicationCredentialId: id, applicationCredentialSecret: secret } = credentials;
    const method = 'application_credential';
    return { auth: { identity: { methods: [method], [method]: { id, secret } } } };
  }
  const { username, password, userDomain = 'Default', projectName, projectDomain = 'Default' } = credentials;
  const user = { name: username, domain: { name: userDomain }, password };
  return {
    auth: {
      identity: { methods: ['password'], password: { user } },
      scope: { project: { name: projectName, domain: { name: projectDomain } } },
    },
  };
}
