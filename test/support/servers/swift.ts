import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';

const run = promisify(execFile);
/** Debian's own, for which Swift is installed. */
const PYTHON = '/usr/bin/python3';
/** ms. */
const START_LIMIT = 110_000;

/** What tempauth knows: an account's owner, who may do everything there. */
export const SWIFT_CREDENTIALS = { accessKeyId: 'test:tester', secretAccessKey: 'testing' };
/** A user of the same account without any right. */
export const SWIFT_STRANGER = { accessKeyId: 'test:stranger', secretAccessKey: 'strange' };

/** OpenStack Swift with its S3 API, on one disk, for one test. */
export interface Swift {
  readonly url: string;
  /** Names of all objects on the disk, parts of uploads included, in all buckets; a part is `/account/bucket+segments/key/upload/number`. */
  objects(): Promise<string[]>;
  stop(): Promise<void>;
}

/** Sets one up in a temporary folder and waits until it answers. */
export async function startSwift(): Promise<Swift> {
  const folder = await mkdtemp(join(tmpdir(), 'swift-'));
  const children: ChildProcess[] = [];
  const killNow = (): void => children.forEach((child) => void child.kill('SIGKILL'));
  process.on('exit', killNow);
  const stop = async (): Promise<void> => {
    process.off('exit', killNow);
    const running = children.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
    const ended = running.map((child) => once(child, 'exit'));
    killNow();
    await Promise.all(ended);
    await rm(folder, { recursive: true });
  };
  try {
    const ports = await setUp(folder);
    for (const server of ['account', 'container', 'object', 'proxy'])
      children.push(
        spawn(PYTHON, [`/usr/bin/swift-${server}-server`, `${server}.conf`], {
          cwd: folder,
          stdio: 'ignore',
        }),
      );
    const url = `http://127.0.0.1:${ports.proxy}`;
    await answering(children, Object.values(ports));
    return { url, objects: () => objectsIn(join(folder, 'disks')), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Four interpreters take a while to start when the machine is busy. */
async function answering(children: readonly ChildProcess[], ports: readonly number[]): Promise<void> {
  const end = Date.now() + START_LIMIT;
  for (const port of ports)
    while (!(await answers(port))) {
      for (const { exitCode } of children)
        if (exitCode !== null) throw new Error(`Swift ended with ${exitCode}`);
      if (Date.now() > end) throw new Error('Swift does not start');
      await sleep(50);
    }
}

async function answers(port: number): Promise<boolean> {
  const [answer] = await Promise.allSettled([fetch(`http://127.0.0.1:${port}/`)]);
  await (answer.status === 'fulfilled' ? answer.value.arrayBuffer() : undefined);
  return answer.status === 'fulfilled';
}

type Ports = Readonly<Record<'account' | 'container' | 'object' | 'proxy', number>>;

async function setUp(folder: string): Promise<Ports> {
  await mkdir(join(folder, 'disks', 'disk'), { recursive: true });
  await writeFile(join(folder, 'swift.conf'), SWIFT_CONF);
  const ports = {
    account: await freePort(),
    container: await freePort(),
    object: await freePort(),
    proxy: await freePort(),
  };
  await run(PYTHON, ['-c', MAKE_RINGS, folder, JSON.stringify(ports)]);
  for (const server of ['account', 'container', 'object'] as const)
    await writeFile(join(folder, `${server}.conf`), storageConf(folder, server, ports[server]));
  await writeFile(join(folder, 'proxy.conf'), proxyConf(folder, ports.proxy));
  return ports;
}

const SWIFT_CONF = `
[swift-hash]
swift_hash_path_suffix = suffix
swift_hash_path_prefix = prefix
[storage-policy:0]
name = only
default = yes
`;

function defaults(folder: string, port: number): string {
  return `
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = ${port}
workers = 0
user = ${userInfo().username}
swift_dir = ${folder}
log_level = ERROR`;
}

function storageConf(folder: string, server: string, port: number): string {
  return `${defaults(folder, port)}
devices = ${folder}/disks
mount_check = false
recon_cache_path = ${folder}
[pipeline:main]
pipeline = ${server}-server
[app:${server}-server]
use = egg:swift#${server}
`;
}

/** tempauth wants a cache to be configured, not that it is there. */
function proxyConf(folder: string, port: number): string {
  return `${defaults(folder, port)}
[pipeline:main]
pipeline = catch_errors cache s3api tempauth copy slo proxy-server
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:1
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = testing .admin
user_test_stranger = strange
[filter:copy]
use = egg:swift#copy
[filter:slo]
use = egg:swift#slo
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
`;
}

/** What swift-ring-builder does, for all servers at once. */
const MAKE_RINGS = `
import json, sys
from swift.common.ring import RingBuilder
folder, ports = sys.argv[1], json.loads(sys.argv[2])
for server in ('account', 'container', 'object'):
    builder = RingBuilder(4, 1, 0)
    builder.add_dev({'region': 1, 'zone': 1, 'ip': '127.0.0.1', 'port': ports[server], 'device': 'disk', 'weight': 1})
    builder.rebalance()
    builder.get_ring().save('%s/%s.ring.gz' % (folder, server))
`;

/** Swift keeps what it knows of an object in an attribute of its file; swift.obj.diskfile takes ten times as long to say so. */
const LIST_OBJECTS = `
import glob, json, os, pickle, sys
names = []
for path in glob.glob(sys.argv[1] + '/*/objects/*/*/*/*.data'):
    metadata = pickle.loads(os.getxattr(path, 'user.swift.metadata'), encoding='bytes')
    names.append(metadata[b'name'].decode())
print(json.dumps(names))
`;

async function objectsIn(disks: string): Promise<string[]> {
  const { stdout } = await run(PYTHON, ['-c', LIST_OBJECTS, disks]);
  return JSON.parse(stdout) as string[];
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
