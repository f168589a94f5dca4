/**
 * Puts the programs in place that the tests run: `npm test` calls this first. On Debian, as root, what is missing is installed;
 * elsewhere a sentence says what to install.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

interface Tool {
  /** Command on the PATH, or absolute path of a file. */
  readonly what: string;
  /** Debian's package. */
  readonly from: string;
  /** What cannot be tested without it. */
  readonly use: string;
  /** Whether most of the suite is worthless without it. */
  readonly essential: boolean;
}

const TOOLS: readonly Tool[] = [
  { what: 'redis-server', from: 'redis-server', use: 'the Redis adapters', essential: true },
  { what: 'redis-cli', from: 'redis-tools', use: 'the Redis adapters', essential: true },
  { what: 'glance', from: 'python3-glanceclient', use: "Glance's own client", essential: false },
  { what: 'openstack', from: 'python3-openstackclient', use: "OpenStack's own client", essential: false },
  { what: 'qemu-img', from: 'qemu-utils', use: 'real disk images', essential: false },
  {
    what: '/usr/bin/keystone-wsgi-public',
    from: 'python3-keystone',
    use: 'a real Keystone',
    essential: false,
  },
  { what: 'openssl', from: 'openssl', use: 'TLS', essential: false },
  { what: '/usr/lib/ipxe/ipxe.iso', from: 'ipxe', use: 'real CD images', essential: false },
];

function isThere({ what }: Tool): boolean {
  if (path.isAbsolute(what)) return existsSync(what);
  return (process.env.PATH ?? '').split(path.delimiter).some((folder) => existsSync(path.join(folder, what)));
}

function install(packages: readonly string[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const aptGet = (...args: string[]): void => {
    execFileSync('apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=300', ...args], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      maxBuffer: 64 * 1024 * 1024,
    });
  };
  console.log(`Installing for the tests: ${packages.join(' ')}`);
  aptGet('update');
  aptGet('install', '-y', '--no-install-recommends', ...packages);
}

let missing = TOOLS.filter((tool) => !isThere(tool));
if (missing.length > 0 && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
  try {
    install([...new Set(missing.map(({ from }) => from))]);
  } catch (error) {
    // execFileSync puts what the command wrote to stderr into the message.
    console.error(`apt-get failed: ${error instanceof Error ? error.message : String(error)}`);
  }
  missing = missing.filter((tool) => !isThere(tool));
}
for (const { what, from, use } of missing) {
  console.error(
    `${what} is missing (Debian package ${from}): the tests of ${use} will fail. Please install it.`,
  );
}
if (missing.some(({ essential }) => essential)) process.exitCode = 1;
