/** A stretch of the data that an inspection wants to see; `at` null: the last bytes. */
export interface Span {
  readonly at: number | null;
  readonly length: number;
}

/**
 * Asks for one stretch of the data after the other, each behind the one before or over it, and ends with the number of bytes that a guest sees; null
 * when the data has not the format. It is given an empty buffer for what the data does not have.
 */
export type Inspection = Generator<Span, bigint | null, Buffer>;

const SECTOR = 512n;

/** QCOW version 1 to 3, docs/interop/qcow2.rst of QEMU. */
export function* qcow2(): Inspection {
  const head = yield { at: 0, length: 32 };
  return startsWith(head, 'QFI\xfb') ? head.readBigUInt64BE(24) : null;
}

/** VDI: the header of VirtualBox behind 64 bytes of text. */
export function* vdi(): Inspection {
  const head = yield { at: 0, length: 376 };
  return head.length > 0 && head.readUInt32LE(64) === 0xbeda107f ? head.readBigUInt64LE(368) : null;
}

/** VMDK with a sparse header: VMware's Virtual Disk Format 1.1. */
export function* vmdk(): Inspection {
  const head = yield { at: 0, length: 20 };
  return startsWith(head, 'KDMV') ? head.readBigUInt64LE(12) * SECTOR : null;
}

/** VHD: Microsoft's Virtual Hard Disk Image Format. The footer stands at the end; all but fixed disks begin with a copy of it. */
export function* vhd(): Inspection {
  const head = yield { at: 0, length: 512 };
  const footer = startsWith(head, 'conectix') ? head : yield { at: null, length: 512 };
  return startsWith(footer, 'conectix') ? footer.readBigUInt64BE(48) : null;
}

/** ISO 9660: the primary volume descriptor, ECMA-119 section 8.4. */
export function* iso(): Inspection {
  const volume = yield { at: 32_768, length: 2048 };
  if (volume[0] !== 1 || volume.toString('latin1', 1, 6) !== 'CD001') return null;
  return BigInt(volume.readUInt32LE(80)) * BigInt(volume.readUInt16LE(128));
}

const VHDX_REGIONS = 0x30000;
const VHDX_TABLE = 0x10000;
/** Ids as they lie on disk, [MS-VHDX] sections 2.2.3.2 and 2.6.2. */
const METADATA_REGION = '06a27c8b90479a4bb8fe575f050f886e';
const VIRTUAL_DISK_SIZE = '2442a52f1bcd7648b2115dbed83bf4b8';

/** VHDX, [MS-VHDX]: the region table leads to the metadata table, which leads to the size. */
export function* vhdx(): Inspection {
  const magic = yield { at: 0, length: 8 };
  if (!startsWith(magic, 'vhdxfile')) return null;
  const regions = yield { at: VHDX_REGIONS, length: VHDX_TABLE };
  if (!startsWith(regions, 'regi')) return null;
  const region = entryOf(regions, METADATA_REGION, { count: regions.readUInt32LE(8), first: 16 });
  if (region === null) return null;
  const start = region.readBigUInt64LE(16);
  if (start > BigInt(Number.MAX_SAFE_INTEGER)) return null;
  const table = yield { at: Number(start), length: VHDX_TABLE };
  if (!startsWith(table, 'metadata')) return null;
  const item = entryOf(table, VIRTUAL_DISK_SIZE, { count: table.readUInt16LE(10), first: 32 });
  if (item === null) return null;
  const size = yield { at: Number(start) + item.readUInt32LE(16), length: 8 };
  return size.length === 0 ? null : size.readBigUInt64LE(0);
}

/** The entry of 32 bytes that has this id. */
function entryOf(
  table: Buffer,
  id: string,
  { count, first }: { readonly count: number; readonly first: number },
): Buffer | null {
  const most = Math.min(count, Math.floor((table.length - first) / 32));
  for (let index = 0; index < most; index += 1) {
    const entry = table.subarray(first + index * 32, first + (index + 1) * 32);
    if (entry.toString('hex', 0, 16) === id) return entry;
  }
  return null;
}

function startsWith(bytes: Buffer, magic: string): boolean {
  return bytes.toString('latin1', 0, magic.length) === magic;
}
