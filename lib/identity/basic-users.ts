import { readFile } from 'node:fs/promises';

/** What is known of a user of `basic`. */
export interface BasicUser {
  /** Of bcrypt, as `htpasswd -B` makes it: begins with `$2a$`, `$2b$` or `$2y$`. */
  readonly hash: string;
  /** Project id; null: none, the user owns nothing. Default: the user's name. */
  readonly project?: string | null;
  /** Default: `member`. */
  readonly roles?: readonly string[];
}

/** Users by name. */
export type BasicUsers = ReadonlyMap<string, Required<BasicUser>>;

/** What bcrypt writes: version, cost, then 22 characters of salt and 31 of hash. */
const BCRYPT = /^\$2[aby]\$(0[4-9]|[12]\d|3[01])\$[./A-Za-z0-9]{53}$/;

/** Whether the text is a bcrypt hash that can be checked. */
export function isBcrypt(text: string): boolean {
  return BCRYPT.test(text);
}

/** Fills in what is left open about a user. */
export function userOf(name: string, { hash, project, roles }: BasicUser): Required<BasicUser> {
  return { hash, project: project === undefined ? name : project, roles: roles ?? ['member'] };
}

/**
 * Reads a file of Apache's `htpasswd`: a line `user:hash` for each user. Empty lines and those that begin with `#` are skipped.
 * @param projects project and roles of users that have others than the default
 * @throws TypeError naming the line that is wrong, or the user in `projects` who is not in the file
 * @throws Error when the file cannot be read
 */
export async function readHtpasswd(
  file: string,
  projects: Readonly<Record<string, Omit<BasicUser, 'hash'>>>,
): Promise<BasicUsers> {
  const text = await readFile(file, 'utf8');
  const users = new Map<string, Required<BasicUser>>();
  const others = new Map(Object.entries(projects));
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const fault = (what: string): TypeError => new TypeError(`basic: ${file} line ${index + 1}: ${what}`);
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0));
    const hash = line.slice(colon + 1).trimEnd();
    if (name === '') throw fault('must be user:hash');
    if (users.has(name)) throw fault('this user is listed twice');
    if (!isBcrypt(hash)) throw fault('the hash is not a bcrypt hash; htpasswd -B makes one');
    users.set(name, userOf(name, { hash, ...others.get(name) }));
  }
  for (const name of others.keys()) {
    if (!users.has(name))
      throw new TypeError(`basic: option projects.${name}: there is no such user in ${file}`);
  }
  return users;
}
