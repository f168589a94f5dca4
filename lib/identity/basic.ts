import { createHmac, randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type Identity, hasRole } from '../domain/identity.js';
import { basicCredentials, type UserAndPassword } from './basic-credentials.js';
import { isBcrypt, readHtpasswd, userOf, type BasicUser, type BasicUsers } from './basic-users.js';
import { BcryptChecker } from './bcrypt-checker.js';
import { checkOptions, NAME, SECONDS } from './check-options.js';
import { ExpiringCache } from './expiring-cache.js';
import type { Authenticate } from './identity.js';
import { SingleFlight } from './single-flight.js';

/** What `basic` takes: either `file` or `users`. */
export interface BasicOptions {
  /** File made by `htpasswd -B`, read when the registry starts. */
  readonly file?: string;
  /** Project and roles of users in the file; by default the user's name is the project, and the role is `member`. */
  readonly projects?: Readonly<Record<string, Omit<BasicUser, 'hash'>>>;
  /** Users by name, in place of a file. */
  readonly users?: Readonly<Record<string, BasicUser>>;
  /** Seconds for which a password that was right is not checked again. Default 60. */
  readonly cacheTime?: number;
  /** The role that makes an admin, without regard to case. Default `admin`. */
  readonly adminRole?: string;
}

/** Passwords found right that are remembered, as digests with a key of this process alone. */
const MOST_REMEMBERED = 1000;

/**
 * User and password with each request (`Authorization: Basic`, RFC 7617, UTF-8), as openstackclient's `http_basic` sends
 * them; hashes are of bcrypt, which reads the first 72 bytes of a password. Checking one takes a thread of its own a while, whether the
 * user is known or not; more than 64 waiting give 503. Only behind TLS: the password stands in every request.
 *
 * @param source a file made by `htpasswd -B`, or options
 * @throws TypeError for a bad option, naming it; `ready()` of the registry rejects with a TypeError that names the line
 *   of the file that is wrong
 */
export function basic(source: string | BasicOptions): Authenticate {
  const options = typeof source === 'string' ? { file: source } : source;
  check(options);
  const { cacheTime = 60, adminRole = 'admin' } = options;
  const checker = new BcryptChecker();
  const right = new ExpiringCache<true>(MOST_REMEMBERED);
  const flights = new SingleFlight<boolean>();
  const key = randomBytes(32);
  let users: BasicUsers | null = null;

  const isRight = async (credentials: UserAndPassword, hash: string): Promise<boolean> => {
    const parts = JSON.stringify([credentials.user, credentials.password, hash]);
    const digest = createHmac('sha256', key).update(parts).digest('base64');
    if (right.get(digest) === true) return true;
    const matches = await flights.run(digest, () => checker.check(credentials.password, hash));
    if (matches) right.set(digest, true, Date.now() + cacheTime * 1000);
    return matches;
  };
  const authenticate = async (request: IncomingMessage): Promise<Identity | null> => {
    const credentials = basicCredentials(request);
    if (credentials === null) return null;
    const known = (users ??= await usersOf(options));
    const user = known.get(credentials.user);
    // An unknown user takes as long as a wrong password, so that nobody learns who is known.
    const matches = await isRight(credentials, user?.hash ?? nobodysHash(known));
    if (user === undefined || !matches) return null;
    const { project, roles } = user;
    return { user: credentials.user, project, roles, admin: hasRole(roles, adminRole) };
  };
  return Object.assign(authenticate, {
    challenge: 'Basic realm="images", charset="UTF-8"',
    open: async () => {
      users = await usersOf(options);
    },
    close: () => {
      right.clear();
      users = null;
      return checker.close();
    },
  });
}

const ABOUT = { project: { type: 'string', nullable: true }, roles: { type: 'array', items: NAME } };
const byName = (properties: object, required: readonly string[]): object => ({
  type: 'object',
  additionalProperties: { type: 'object', additionalProperties: false, required, properties },
});
const OPTIONS = {
  file: NAME,
  projects: byName(ABOUT, []),
  users: byName({ ...ABOUT, hash: NAME }, ['hash']),
  cacheTime: SECONDS,
  adminRole: NAME,
};

function check(options: BasicOptions): void {
  checkOptions('basic', OPTIONS, [], options);
  const { file, projects, users } = options;
  if ((file === undefined) === (users === undefined)) throw new TypeError('basic: give either file or users');
  if (file === undefined && projects !== undefined) throw new TypeError('basic: option projects needs file');
  for (const [name, { hash }] of Object.entries(users ?? {})) {
    if (name === '' || name.includes(':'))
      throw new TypeError(`basic: option users: "${name}" cannot be a name`);
    if (!isBcrypt(hash)) throw new TypeError(`basic: option users.${name}.hash must be a bcrypt hash`);
  }
}

async function usersOf({ file, projects = {}, users = {} }: BasicOptions): Promise<BasicUsers> {
  if (file !== undefined) return readHtpasswd(file, projects);
  return new Map(Object.entries(users).map(([name, user]) => [name, userOf(name, user)]));
}

/** A hash that no password is known for, which costs as much as the most expensive one of a user. */
function nobodysHash(users: BasicUsers): string {
  const costs = [...users.values()].map(({ hash }) => Number(hash.slice(4, 6)));
  const cost = String(Math.max(10, ...costs)).padStart(2, '0');
  return `$2b$${cost}$${'nobody'.padEnd(53, '.')}`;
}
