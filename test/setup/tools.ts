/**
 * Puts the programs in place that the tests run, or with the argument `bench` those of the bench: `npm test` and `npm run bench` call this
 * first. On Debian, as root, it installs what is missing; elsewhere it names the command that does, and ends with 1.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

interface Tool {
  /** A command on the PATH, or the absolute path of a file. */
  readonly what: string;
  /** Debian's package. */
  readonly from: string;
  /** What the tests use it for. */
  readonly use: string;
}

const TOOLS: readonly Tool[] = [
  { what: 'redis-server', from: 'redis-server', use: 'the Redis adapters' },
  { what: 'redis-cli', from: 'redis-tools', use: 'the Redis adapters' },
  { what: 'glance', from: 'python3-glanceclient', use: "Glance's own client" },
  { what: 'openstack', from: 'python3-openstackclient', use: "OpenStack's own client" },
  {
    what: '/usr/lib/python3/dist-packages/openstack/__init__.py',
    from: 'python3-openstacksdk',
    use: "scripts on OpenStack's own library",
  },
  { what: 'go', from: 'golang-go', use: 'the client of Go programs (about 450 MB on the disk)' },
  {
    what: '/usr/share/gocode/src/github.com/gophercloud/gophercloud/go.mod',
    from: 'golang-github-gophercloud-gophercloud-dev',
    use: 'the client of Go programs',
  },
  { what: '/usr/bin/keystone-wsgi-public', from: 'python3-keystone', use: 'a real Keystone' },
  { what: 'qemu-img', from: 'qemu-utils', use: 'real disk images' },
  { what: '/usr/lib/ipxe/ipxe.iso', from: 'ipxe', use: 'a real CD image' },
  { what: '/usr/lib/python3/dist-packages/swift', from: 'python3-swift', use: 'S3 on Swift' },
  { what: '/usr/sbin/nginx', from: 'nginx', use: 'downloads that nginx sends' },
  { what: 'openssl', from: 'openssl', use: 'certificates' },
];

const BENCH_TOOLS: readonly Tool[] = [
  { what: '/usr/sbin/nginx', from: 'nginx', use: 'files beside those of the registry' },
  { what: 'wrk', from: 'wrk', use: 'requests' },
  { what: 'redis-server', from: 'redis-server', use: 'the Redis adapters' },
  { what: 'openssl', from: 'openssl', use: 'the speed of digests' },
];

const APT_GET = '/usr/bin/apt-get';

function isMissing({ what }: Tool): boolean {
  const folders = path.isAbsolute(what) ? ['/'] : (process.env.PATH ?? '').split(path.delimiter);
  return !folders.some((folder) => existsSync(path.resolve(folder, what)));
}

function packagesOf(tools: readonly Tool[]): string[] {
  return [...new Set(tools.map(({ from }) => from))];
}

/** @throws Error with what apt-get wrote */
function install(packages: readonly string[]): void {
  const aptGet = (...args: string[]): void => {
    execFileSync(APT_GET, ['-q', '-o', 'DPkg::Lock::Timeout=300', ...args], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      stdio: ['ignore', 'pipe', 'pipe'],
      maxBuffer: 64 * 1024 * 1024,
    });
  };
  aptGet('update');
  aptGet('install', '-y', '--no-install-recommends', ...packages);
}

/** The command that installs `tools`, for people to type. */
function commandFor(tools: readonly Tool[]): string {
  return `apt-get install --no-install-recommends ${packagesOf(tools).join(' ')}`;
}

const isBench = process.argv[2] === 'bench';
const who = isBench ? 'bench' : 'tests';
const missing = (isBench ? BENCH_TOOLS : TOOLS).filter(isMissing);
if (missing.length > 0) {
  console.log(`The ${who} cannot run without programs that this machine does not have:`);
  for (const { what, from, use } of missing) console.log(`  ${what} (Debian's ${from}) for ${use}`);
  if (process.getuid?.() === 0 && existsSync(APT_GET)) {
    console.log(`Installing them, which may take a few minutes: ${commandFor(missing)}`);
    try {
      install(packagesOf(missing));
    } catch (error) {
      console.error(error instanceof Error ? error.message : error);
    }
  }
}

const stillMissing = missing.filter(isMissing);
if (stillMissing.length > 0) {
  console.error(
    [
      `The ${who} cannot run yet. Install what is missing; on Debian or Ubuntu by:`,
      `  sudo ${commandFor(stillMissing)}`,
      ...(isBench ? [] : ['Without it, npm run test:quick runs the tests that need no other programs.']),
    ].join('\n'),
  );
  process.exitCode = 1;
}
