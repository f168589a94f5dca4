import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { VirtualSizeProbe } from '../../lib/domain/virtual-size/virtual-size-probe.js';

const GIB = 1024 ** 3;
/** As qemu-img calls them, and as the Images API does. */
const FORMATS = [
  ['qcow2', 'qcow2', []],
  ['qcow', 'qcow2', []],
  ['vdi', 'vdi', []],
  ['vmdk', 'vmdk', []],
  ['vmdk', 'vmdk', ['subformat=streamOptimized']],
  ['vhdx', 'vhdx', []],
  ['vpc', 'vhd', ['force_size=on']],
] as const;

function sizeOf(
  data: Buffer,
  disk_format: string | null,
  chunk = data.length,
  container_format = 'bare',
): number | null {
  const probe = new VirtualSizeProbe({ disk_format, container_format });
  for (let at = 0; at < data.length; at += chunk) probe.add(data.subarray(at, at + chunk));
  return probe.result();
}

describe('the virtual size', () => {
  let folder: string;

  before(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'virtual-size-'));
  });

  after(() => {
    rmSync(folder, { recursive: true });
  });

  function disk(format: string, options: readonly string[], size: number): Buffer {
    const file = path.join(folder, 'disk');
    const flags = options.flatMap((option) => ['-o', option]);
    execFileSync('qemu-img', ['create', '-q', '-f', format, ...flags, file, String(size)]);
    const data = readFileSync(file);
    rmSync(file);
    return data;
  }

  for (const [format, name, options] of FORMATS)
    it(`is found in ${[format, ...options].join(' ')} as QEMU writes it, however the data is cut`, () => {
      const data = disk(format, options, 3 * GIB);
      for (const chunk of [data.length, 65_536, 511, 64, 7]) assert.equal(sizeOf(data, name, chunk), 3 * GIB);
    });

  it('is found in a fixed VHD, whose header stands at its end', () => {
    const data = disk('vpc', ['subformat=fixed', 'force_size=on'], 4 * 1024 ** 2);
    for (const chunk of [data.length, 65_536, 1000]) assert.equal(sizeOf(data, 'vhd', chunk), 4 * 1024 ** 2);
  });

  it('is found in ISO images', () => {
    const data = Buffer.alloc(40_000);
    data.write('\x01CD001\x01', 32_768, 'latin1');
    data.writeUInt32LE(1234, 32_768 + 80);
    data.writeUInt16LE(2048, 32_768 + 128);
    for (const chunk of [data.length, 4096, 33]) assert.equal(sizeOf(data, 'iso', chunk), 1234 * 2048);
  });

  it('is the size of raw data, when there is some', () => {
    assert.equal(sizeOf(Buffer.alloc(5120), 'raw', 1000), 5120);
    assert.equal(sizeOf(Buffer.alloc(0), 'raw', 1), null);
  });

  it('is not known of what is not what the image says, or wrapped in something', () => {
    const qcow2 = disk('qcow2', [], GIB);
    assert.equal(sizeOf(qcow2, 'qcow2', 100, 'ova'), null);
    for (const [, name] of FORMATS) if (name !== 'qcow2') assert.equal(sizeOf(qcow2, name), null);
    for (const name of ['iso', 'ploop', 'ami', 'aki', null]) assert.equal(sizeOf(qcow2, name), null);
  });

  it('is a number or null for any data', () => {
    const magic = fc.constantFrom('QFI\xfb', 'KDMV', 'conectix', 'vhdxfile', '');
    const format = fc.constantFrom('qcow2', 'vdi', 'vmdk', 'vhd', 'vhdx', 'iso', 'raw');
    fc.assert(
      fc.property(
        magic,
        format,
        fc.uint8Array({ maxLength: 4000 }),
        fc.integer({ min: 1, max: 5000 }),
        (...given) => {
          const [start, name, bytes, chunk] = given;
          const size = sizeOf(Buffer.concat([Buffer.from(start, 'latin1'), bytes]), name, chunk);
          assert.ok(size === null || (Number.isSafeInteger(size) && size >= 0));
        },
      ),
    );
  });

  it('is looked for where a VHDX says, and nowhere else', () => {
    const whole = disk('vhdx', [], GIB);
    // The table leads back to what has passed, or beyond what there is.
    for (const at of [0n, 0x30000n, 2n ** 62n, BigInt(whole.length - 4)]) {
      const data = Buffer.from(whole);
      for (let entry = 0x30010; entry < 0x30050; entry += 32) data.writeBigUInt64LE(at, entry + 16);
      assert.equal(sizeOf(data, 'vhdx', 65_536), null);
    }
  });
});
