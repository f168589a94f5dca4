import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { runWell, type Ran } from '../run.js';
import { runPreloaded } from './preloaded-program.js';

/** Python takes the encoding of its arguments and of its output from here. */
const UTF8 = { LC_ALL: 'C.UTF-8', PYTHONIOENCODING: 'utf-8' };
/** What the clients would take from whoever runs the tests. */
const CALLERS_OWN = /^OS_|^(https?|all)_proxy$/i;

/** Programs of the clients. */
export type ClientProgram = 'glance' | 'openstack';

/** Runs a command and gives what it writes to stdout. */
export type Client = (...args: string[]) => Promise<string>;

/** A client, and what it does with what is piped into it. */
export interface PipedClient {
  readonly call: Client;
  readonly pipe: (input: Buffer, ...args: string[]) => Promise<string>;
}

/**
 * Gives an environment with nothing of its caller's: no cloud, no settings or caches of the home folder, no proxy.
 *
 * @throws whatever `work` throws
 */
async function withOwnHome<T>(
  env: NodeJS.ProcessEnv,
  work: (env: NodeJS.ProcessEnv) => Promise<T>,
): Promise<T> {
  const home = await mkdtemp(path.join(os.tmpdir(), 'home-'));
  const callers = Object.keys(process.env).filter((name) => CALLERS_OWN.test(name));
  try {
    return await work({
      ...process.env,
      ...Object.fromEntries(callers.map((name) => [name, undefined])),
      ...UTF8,
      HOME: home,
      XDG_CONFIG_HOME: home,
      ...env,
    });
  } finally {
    await rm(home, { recursive: true });
  }
}

/**
 * Runs a program of the clients with nothing of its caller's; at a terminal, when nothing is piped in: glance takes everything else
 * for image data.
 */
export function runClient(
  program: ClientProgram,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  input?: Buffer,
): Promise<Ran> {
  return withOwnHome(env, (all) => runPreloaded(program, args, all, input));
}

/** As `runClient`, and gives what it wrote to stdout. @throws Error with its output when it does not end well */
export async function runClientWell(
  program: ClientProgram,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  input?: Buffer,
): Promise<string> {
  const { code, stdout, stderr } = await runClient(program, args, env, input);
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}: ${stderr}\n${stdout}`);
  return stdout;
}

/** Runs a script with Debian's Python, where the clients' libraries are, and gives what it wrote to stdout. */
export function runScript(
  script: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<string> {
  return withOwnHome(env, (all) => runWell('/usr/bin/python3', [script, ...args], { env: all }));
}

/** Debian's `glance`, speaking version 1 to the API at `url`; what it writes to stdout. */
export function glanceClient(url: string, token: string): Client {
  const to = ['--os-image-api-version', '1', '--os-image-url', url, '--os-auth-token', token];
  return (...args) => runClientWell('glance', [...to, ...args]);
}

const CHANGES = `
import sys
from glanceclient.v1 import client
glance = client.Client(sys.argv[1], token=sys.argv[2])
for image in glance.images.list(filters={'changes-since': '2000-01-01'}, page_size=int(sys.argv[3])):
    print(image.id, image.status)
`;

/** All images that have changed since 2000, deleted ones too, as python-glanceclient's library finds them page by page. */
export async function glanceChanges(url: string, token: string, pageSize: number): Promise<string[]> {
  const found = await runWell('/usr/bin/python3', ['-c', CHANGES, url, token, String(pageSize)], {
    env: UTF8,
  });
  return found.split('\n').filter((line) => line !== '');
}

/** Debian's `openstack`, speaking version 1 to the API at `url`; what it writes to stdout. */
export function openstackClient(url: string, token: string): Client {
  const auth = ['--os-auth-type', 'admin_token', '--os-token', token, '--os-endpoint', `${url}/v1`];
  return (...args) => runClientWell('openstack', [...auth, '--os-image-api-version', '1', ...args]);
}

/**
 * A program of the clients, speaking version 2 to the registry at `url` without a Keystone, as people use it: at a terminal, or with
 * something piped into it.
 */
export function pipedClient(program: ClientProgram, url: string, token: string): PipedClient {
  const env = program === 'glance' ? glanceWithoutKeystone(url, token) : openstackWithoutKeystone(url, token);
  return {
    call: (...args) => runClientWell(program, args, env),
    pipe: (input, ...args) => runClientWell(program, args, env, input),
  };
}

/** The environment of openstackclient and openstacksdk. */
export function openstackWithoutKeystone(url: string, token: string): NodeJS.ProcessEnv {
  return { OS_AUTH_TYPE: 'admin_token', OS_ENDPOINT: `${url}/v2`, OS_TOKEN: token };
}

/** glanceclient fails when OS_AUTH_TYPE is set, too. */
function glanceWithoutKeystone(url: string, token: string): NodeJS.ProcessEnv {
  return { OS_IMAGE_API_VERSION: '2', OS_IMAGE_URL: url, OS_AUTH_TOKEN: token };
}

/** The rows of the clients' ASCII tables, header first, cells without blanks around them. */
export function tableRows(output: string): string[][] {
  return output
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .slice(1, line.lastIndexOf('|'))
        .split('|')
        .map((cell) => cell.trim()),
    );
}

/** The rows of a table of two columns, by the first. */
export function fieldsOf(output: string): Map<string, string> {
  return new Map(tableRows(output).map(([name = '', value = '']) => [name, value]));
}

/** Text of a response header as the clients show it: they read its UTF-8 bytes as Latin-1. */
export function asFromHeader(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}
