import type { FileHandle } from 'node:fs/promises';

/*
 * The file format of LMDB as the package lmdb 3 has it on 64-bit machines: pages with a header of 24 bytes (flags at 18, count of overflow
 * pages at 20, end of the node pointers at 20), of which the first two are meta pages: magic at 24, version at 28, mapped size at 40, two trees
 * of 48 bytes from 48 on (the first with the page size at its begin, both with the root page at 40), last page at 144, transaction at 152.
 */
const HEADER = 24;
const META_LENGTH = 160;
const MAGIC = 0xbeefc0de;
const VERSION = 2;
const PAGE_SIZE = 48;
const TREES = [48, 96];
const ROOT = 40;
const NO_PAGE = 0xffff_ffff_ffff_ffffn;
const META = 8;
const BRANCH = 1;
const LEAF = 2;
const BIG_DATA = 1;
const SUB_TREE = 2;
/** The most pages that are read, level by level: all of 8 MB, and in larger files enough to find one of many that are missing. */
const MOST_READ = 2000;

/** `early`: a file that another process is just making or extending may look like this, too. */
export interface LmdbFault {
  readonly words: string;
  readonly early: boolean;
}

/** What is wrong with a file before it is mapped; null: nothing that can be seen. */
export async function checkLmdbPages(file: FileHandle): Promise<LmdbFault | null> {
  // Elsewhere the format has other widths.
  if (process.arch !== 'x64' && process.arch !== 'arm64') return null;
  const first = await read(file, 0, META_LENGTH);
  if (first.length < META_LENGTH)
    return { words: `has ${first.length} bytes, it is empty or cut off`, early: true };
  if (!isMeta(first))
    return { words: 'is not an LMDB database: its first page is of another kind', early: false };
  const pageSize = first.readUInt32LE(PAGE_SIZE);
  if (pageSize < 256 || pageSize > 65_536 || (pageSize & (pageSize - 1)) !== 0)
    return { words: `is damaged, its page size is ${pageSize}`, early: false };
  const second = await read(file, pageSize, META_LENGTH);
  if (second.length < META_LENGTH) return { words: 'is cut off within its second page', early: true };
  if (!isMeta(second) || second.readUInt32LE(PAGE_SIZE) !== pageSize)
    return { words: 'is damaged, its second page is not an LMDB page', early: false };
  const meta = second.readBigUInt64LE(152) > first.readBigUInt64LE(152) ? second : first;
  // Read after the meta pages: another process that has the file open may extend it meanwhile, and writes a page before it tells of it.
  const { size } = await file.stat();
  const pages = BigInt(Math.floor(size / pageSize));
  if (pages > meta.readBigUInt64LE(144)) return null;
  // Pages at the end that were taken and given back by one transaction are never written: only those in use must be there.
  const trees = TREES.map((at) => meta.readBigUInt64LE(at + ROOT));
  if (await hasAllPages(file, trees, pageSize, pages)) return null;
  // No transaction overwrites pages of the one before it: what was read belongs together while no other one has ended.
  const isSteady =
    (await read(file, 0, META_LENGTH)).equals(first) &&
    (await read(file, pageSize, META_LENGTH)).equals(second);
  return {
    words: `is cut off, it has ${size} bytes where pages up to ${meta.readBigUInt64LE(144)} are in use`,
    early: !isSteady,
  };
}

function isMeta(page: Buffer): boolean {
  return (
    (page.readUInt16LE(18) & META) !== 0 &&
    page.readUInt32LE(HEADER) === MAGIC &&
    (page.readUInt32LE(HEADER + 4) & 0xffff) === VERSION
  );
}

/** Whether all pages of some trees, and of the trees in them, are below `pages`, as far as the uppermost of them tell. */
async function hasAllPages(
  file: FileHandle,
  roots: readonly bigint[],
  pageSize: number,
  pages: bigint,
): Promise<boolean> {
  const found = new Set(roots.filter((root) => root !== NO_PAGE));
  let looked = 0;
  for (const page of found) {
    if (page >= pages) return false;
    if (looked >= MOST_READ) continue;
    looked += 1;
    const children = childrenOf(await readPage(file, page, pageSize));
    if (children === null) return false;
    for (const { first, big } of children) {
      if (first >= pages || found.has(first)) return false;
      if (!big) found.add(first);
      else if (looked < MOST_READ) {
        looked += 1;
        if (first + (await runLength(file, first, pageSize)) > pages) return false;
      }
    }
  }
  return true;
}

interface Child {
  readonly first: bigint;
  /** A value of one or more pages of its own, not a page of a tree. */
  readonly big: boolean;
}

/** The pages that a page of a tree leads to; null when it is none. */
function childrenOf(page: Buffer): Child[] | null {
  const flags = page.readUInt16LE(18);
  if ((flags & (BRANCH | LEAF)) === 0) return null;
  const children: Child[] = [];
  // Both the end of the pointers and the pointers themselves count from behind the header.
  const end = HEADER + page.readUInt16LE(20);
  if (end > page.length) return null;
  for (let at = HEADER; at < end; at += 2) {
    const node = HEADER + page.readUInt16LE(at);
    if (node + 8 > page.length) return null;
    const kind = page.readUInt16LE(node + 4);
    const data = node + 8 + page.readUInt16LE(node + 6);
    if ((flags & BRANCH) !== 0) {
      children.push({ first: BigInt(page.readUInt32LE(node)) + (BigInt(kind) << 32n), big: false });
    } else if ((kind & BIG_DATA) !== 0) {
      if (data + 8 > page.length) return null;
      children.push({ first: page.readBigUInt64LE(data), big: true });
    } else if ((kind & SUB_TREE) !== 0) {
      if (data + ROOT + 8 > page.length) return null;
      const root = page.readBigUInt64LE(data + ROOT);
      if (root !== NO_PAGE) children.push({ first: root, big: false });
    }
  }
  return children;
}

function readPage(file: FileHandle, page: bigint, pageSize: number): Promise<Buffer> {
  return read(file, Number(page) * pageSize, pageSize);
}

async function runLength(file: FileHandle, page: bigint, pageSize: number): Promise<bigint> {
  const header = await read(file, Number(page) * pageSize, HEADER);
  return BigInt(header.readUInt32LE(20));
}

async function read(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, at);
  return buffer.subarray(0, bytesRead);
}
