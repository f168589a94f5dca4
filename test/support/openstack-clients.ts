import { runWell } from './run.js';

/** Python takes the encoding of its arguments and of its output from here. */
const UTF8 = { LC_ALL: 'C.UTF-8', PYTHONIOENCODING: 'utf-8' };

/** Gives a program a terminal as stdin: glance takes everything else for image data. */
const ON_TERMINAL = `
import os, pty, sys
master, slave = pty.openpty()
os.set_inheritable(master, True)
os.dup2(slave, 0)
os.execvp(sys.argv[1], sys.argv[1:])
`;

export type Client = (...args: string[]) => Promise<string>;

/** Debian's `glance`, speaking version 1 to the API at `url`; what it writes to stdout. */
export function glanceClient(url: string, token: string): Client {
  const to = ['--os-image-api-version', '1', '--os-image-url', url, '--os-auth-token', token];
  return (...args) => runWell('python3', ['-c', ON_TERMINAL, 'glance', ...to, ...args], { env: UTF8 });
}

/** Debian's `openstack`, speaking version 1 to the API at `url`; what it writes to stdout. */
export function openstackClient(url: string, token: string): Client {
  const auth = ['--os-auth-type', 'admin_token', '--os-token', token, '--os-endpoint', `${url}/v1`];
  return (...args) => runWell('openstack', [...auth, '--os-image-api-version', '1', ...args], { env: UTF8 });
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
