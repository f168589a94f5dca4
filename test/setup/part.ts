import path from 'node:path';

/** Environment variables of a process that runs a part of the tests. */

/** Which one it is of those that run at the same time: from 0. */
export const SLOT = 'TEST_SLOT';
/** Set when the scripts that tests start are built. */
export const BUILT = 'TEST_SCRIPTS_BUILT';

export interface Part {
  readonly name: string;
  /** From the root of the project. */
  readonly files: string[];
}

/** Some or all of the tests, and how they are shared out. */
export interface Choice {
  /** Whether a test file is among them; by its folder in `test`, empty at the top, and its path. */
  readonly has: (folder: string, file: string) => boolean;
  /** Folders that are parts of their own, in the order in which they begin; all others are one part together. */
  readonly long: readonly string[];
  /** More of mocha's command line. */
  readonly flags: readonly string[];
  /** Whether they start built scripts. */
  readonly scripts: boolean;
}

/** All of them. The longest part comes first, so that the processes end at about the same time. */
export const ALL: Choice = {
  has: () => true,
  long: ['crash', 'blobs', 'http', 'package', 'catalogue', 'e2e', 'life', 'access', 'example'],
  flags: [],
  scripts: true,
};

const QUICK_FOLDERS = ['', 'access', 'domain', 'face', 'http', 'identity', 'services', 'sources', 'v1', 'v2'];
/** Files that start other programs, or try very many things. */
const SLOW_FILES = /redis|keystone|tls|s3|bcrypt|fuzz|matrix/;
/** What runs under every mount and on every store: the first mount and memory are enough here. */
const MATRIX = [
  'LMDB',
  'blobs: disk',
  'disk store',
  'under a prefix of an Express 4 app',
  'behind express\\.',
  'with trust proxy',
];

/** What needs no other program and tells most of the mistakes within a minute. */
export const QUICK: Choice = {
  has: (folder, file) => QUICK_FOLDERS.includes(folder) && !SLOW_FILES.test(path.basename(file)),
  long: ['http', 'access', 'sources', 'face'],
  flags: ['--grep', MATRIX.join('|'), '--invert'],
  scripts: false,
};

const REST = 'the rest';

/** Every file that is chosen is in one part. */
export function partsOf({ has, long }: Choice, files: readonly string[]): Part[] {
  const parts: readonly Part[] = [...long, REST].map((name) => ({ name, files: [] }));
  for (const file of files) {
    const [folder = ''] = path.relative('test', path.dirname(file)).split(path.sep);
    const name = long.includes(folder) ? folder : REST;
    if (has(folder, file)) parts.find((part) => part.name === name)?.files.push(file);
  }
  return parts.filter((part) => part.files.length > 0);
}
