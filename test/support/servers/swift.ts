import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** Debian's own, for which Swift is installed. */
const PYTHON = '/usr/bin/python3';
const SERVER = fileURLToPath(new URL('swift-server.py', import.meta.url));

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

/** Sets one up in a temporary folder and waits until it listens. @throws Error with what it says when it does not */
export async function startSwift(): Promise<Swift> {
  const folder = await mkdtemp(join(tmpdir(), 'swift-'));
  // It ends when its stdin does, and so with this process.
  const server = spawn(PYTHON, [SERVER, folder], { stdio: ['pipe', 'pipe', 'pipe'] });
  const ended = once(server, 'close');
  let said = '';
  server.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const stop = async (): Promise<void> => {
    server.kill('SIGKILL');
    await ended;
    await rm(folder, { recursive: true });
  };
  const port = await Promise.race([
    once(server.stdout, 'data').then(([data]) => Number(data)),
    ended.then(() => null),
  ]);
  if (port === null) {
    await rm(folder, { recursive: true });
    throw new Error(`Swift does not start: ${said}`);
  }
  return { url: `http://127.0.0.1:${port}`, objects: () => objectsIn(join(folder, 'disks')), stop };
}

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
