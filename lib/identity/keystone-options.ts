import { checkOptions, MILLISECONDS, NAME, SECONDS } from './check-options.js';

/** What `keystone` takes. */
export interface KeystoneOptions {
  /** Address of Keystone, `http:` or `https:`, with or without `/v3`. */
  readonly url: string;
  /** Who the registry itself is. It needs a role that may validate tokens: `service` or `admin`. */
  readonly credentials: KeystoneCredentials;
  /** Address of Keystone that clients are told of in `WWW-Authenticate`. Default: `url`. */
  readonly publicUrl?: string;
  /** Seconds for which an answer about a valid token is kept, never past the token's end. A revoked token may work for so long. 0: ask each time. Default 300. */
  readonly cacheTime?: number;
  /** Most answers that are kept. Default 10000. */
  readonly cacheSize?: number;
  /** Seconds for which an answer about a token that is not valid is kept, as is the refusal of our own credentials. Default 10. */
  readonly negativeTime?: number;
  /** Milliseconds that one request to Keystone may take. Default 5000. */
  readonly deadline?: number;
  /** The role that makes an admin, without regard to case. Default `admin`. */
  readonly adminRole?: string;
  /** Requests without a token may read what is public. A token that is not valid is 401 all the same. Default false. */
  readonly allowAnonymous?: boolean;
  /** Certificates (PEM) that Keystone's may be signed by, in place of the well-known ones. */
  readonly ca?: string;
}

/** How the registry proves to Keystone who it is: a password, an application credential, or a token made by hand. */
export type KeystoneCredentials = PasswordCredentials | ApplicationCredentials | TokenCredentials;

export interface PasswordCredentials {
  readonly username: string;
  readonly password: string;
  /** Name of the user's domain. Default `Default`. */
  readonly userDomain?: string;
  readonly projectName: string;
  /** Name of the project's domain. Default `Default`. */
  readonly projectDomain?: string;
}

export interface ApplicationCredentials {
  readonly applicationCredentialId: string;
  readonly applicationCredentialSecret: string;
}

export interface TokenCredentials {
  /** Used until Keystone refuses it; it cannot be renewed. */
  readonly token: string;
}

const COUNT = { type: 'integer', minimum: 0, maximum: 10_000_000 };
const OPTIONS = {
  url: NAME,
  credentials: { type: 'object' },
  publicUrl: NAME,
  cacheTime: SECONDS,
  cacheSize: COUNT,
  negativeTime: SECONDS,
  deadline: MILLISECONDS,
  adminRole: NAME,
  allowAnonymous: { type: 'boolean' },
  ca: NAME,
};

/**
 * Checks the options and fills in the defaults; the addresses come back without `/v3`.
 * @throws TypeError naming the option that is wrong, without its value
 */
export function keystoneSettings(options: KeystoneOptions): Omit<Required<KeystoneOptions>, 'ca'> & {
  readonly ca: string | undefined;
} {
  checkOptions('keystone', OPTIONS, ['url', 'credentials'], options);
  checkCredentials(options.credentials);
  const url = rootOf('url', options.url);
  return {
    url,
    credentials: options.credentials,
    publicUrl: options.publicUrl === undefined ? url : rootOf('publicUrl', options.publicUrl),
    cacheTime: options.cacheTime ?? 300,
    cacheSize: options.cacheSize ?? 10_000,
    negativeTime: options.negativeTime ?? 10,
    deadline: options.deadline ?? 5000,
    adminRole: options.adminRole ?? 'admin',
    allowAnonymous: options.allowAnonymous ?? false,
    ca: options.ca,
  };
}

function checkCredentials(credentials: KeystoneCredentials): void {
  const [properties, required] = formOf(credentials);
  checkOptions('keystone: credentials', properties, required, credentials);
}

/** The schema of the form of credentials that was meant, and what it must have. */
function formOf(credentials: KeystoneCredentials): [Readonly<Record<string, object>>, readonly string[]] {
  if ('token' in credentials) return [{ token: { type: 'string', pattern: '^[\\x21-\\x7e]+$' } }, ['token']];
  if ('applicationCredentialId' in credentials) {
    const secret = 'applicationCredentialSecret';
    return [{ applicationCredentialId: NAME, [secret]: NAME }, [secret]];
  }
  const required = { username: NAME, password: NAME, projectName: NAME };
  return [{ ...required, userDomain: NAME, projectDomain: NAME }, Object.keys(required)];
}

function rootOf(option: string, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  const plain = url !== null && url.username + url.password + url.search + url.hash === '';
  if (url === null || !plain || !['http:', 'https:'].includes(url.protocol)) {
    throw new TypeError(`keystone: option ${option} must be an http or https address without user or query`);
  }
  return url.origin + url.pathname.replace(/\/+$/, '').replace(/\/v3$/, '');
}
