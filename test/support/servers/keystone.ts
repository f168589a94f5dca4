import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { KeystoneAdmin } from './keystone-admin.js';
import { runWell } from '../run.js';
import { until } from '../until.js';

/** Debian's package python3-keystone puts it there, and runs with Debian's own Python. */
const PYTHON = '/usr/bin/python3';
const MANAGE = '/usr/bin/keystone-manage';
const SERVE = '/usr/bin/keystone-wsgi-public';
const ADMIN_PASSWORD = 'admin-password';

export interface Keystone {
  /** Address without `/v3`. */
  readonly url: string;
  /** Manages projects and users, as the user `admin` of the project `admin`. */
  readonly admin: KeystoneAdmin;
  /** Ends it. Its folder is removed. */
  stop(): Promise<void>;
}

/**
 * Starts a real Keystone on a free port, with an SQLite database in a folder of its own.
 *
 * @throws Error with what it wrote when it does not start; among others, when python3-keystone is not installed
 */
export async function startKeystone(): Promise<Keystone> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'keystone-'));
  try {
    const config = await prepare(folder);
    const { url, child, ended } = await launch(folder, config);
    const stop = async (): Promise<void> => {
      child.kill('SIGTERM');
      await ended;
      await rm(folder, { recursive: true, force: true });
    };
    return { url, admin: new KeystoneAdmin(url, 'admin', ADMIN_PASSWORD), stop };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Makes configuration, keys and database, with roles, the domain Default and an admin in it. */
async function prepare(folder: string): Promise<string> {
  const at = (name: string): string => path.join(folder, name);
  const config = at('keystone.conf');
  for (const keys of ['fernet', 'credential']) await makeKeys(at(keys));
  const lines = [
    `[DEFAULT]\nlog_file = ${at('keystone.log')}`,
    `[database]\nconnection = sqlite:///${at('keystone.db')}`,
    `[fernet_tokens]\nkey_repository = ${at('fernet')}`,
    `[fernet_receipts]\nkey_repository = ${at('fernet')}`,
    `[credential]\nkey_repository = ${at('credential')}`,
    // The least that Keystone takes: the tests are not about how hard a password is to guess.
    '[identity]\npassword_hash_rounds = 4',
  ];
  await writeFile(config, `${lines.join('\n')}\n`);
  const manage = (...args: string[]): Promise<string> =>
    runWell(PYTHON, [MANAGE, '--config-file', config, ...args]);
  await manage('db_sync');
  // In SQLite's default mode a reader makes a writer fail, and Keystone leaves reading transactions open.
  const wal = `import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('PRAGMA journal_mode=WAL')`;
  await runWell(PYTHON, ['-c', wal, at('keystone.db')]);
  await manage('bootstrap', '--bootstrap-password', ADMIN_PASSWORD);
  return config;
}

/** What `fernet_setup` and `credential_setup` make: the next key and the one in use. */
async function makeKeys(folder: string): Promise<void> {
  await mkdir(folder, { mode: 0o700 });
  for (const name of ['0', '1']) {
    const key = `${randomBytes(32).toString('base64url')}=`;
    await writeFile(path.join(folder, name), key, { mode: 0o600 });
  }
}

async function launch(
  folder: string,
  config: string,
): Promise<{ url: string; child: ChildProcess; ended: Promise<void> }> {
  const args = ['-u', SERVE, '--host', '127.0.0.1', '--port', '0', '--', '--config-file', config];
  const child = spawn(PYTHON, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const port = (): string | undefined => /^Available at http:\/\/\S+:(\d+)\/$/m.exec(output)?.[1];
  try {
    await until('Keystone listens', () => {
      if (child.exitCode !== null) throw new Error(`Keystone ended: ${output}`);
      return port() !== undefined;
    });
  } catch (error) {
    child.kill('SIGKILL');
    await ended;
    const log = await readFile(path.join(folder, 'keystone.log'), 'utf8');
    throw new Error(`Keystone does not start: ${output}\n${log}`, { cause: error });
  }
  return { url: `http://127.0.0.1:${port()}`, child, ended };
}
