const SIZE = /^(\d{1,16})(?:\.(\d{1,16}))? ?(?:([KMGT]?)(i?)B)?$/i;
const POWERS = ['', 'K', 'M', 'G', 'T'];

/**
 * Reads a number of bytes as Glance's `user_storage_quota` does, and a little more: digits, a fraction if wanted, and B, KB, MB, GB or
 * TB in any case, which are powers of 1024 (KiB, MiB… are the same). Without a unit it is bytes.
 * @returns bytes, a safe integer; 0 is 0, which quotas take as no limit
 * @throws TypeError for anything else: signs, fractions of a byte, more than 2^53 - 1 bytes
 */
export function parseByteSize(value: string | number): number {
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value) || value < 0)
      throw new TypeError(`${value} is not a number of bytes: 0 or more, whole, at most 2^53 - 1`);
    return value;
  }
  const [match, whole = '', fraction = '', prefix = '', binary = ''] = SIZE.exec(value.trim()) ?? [];
  if (match === undefined || (binary !== '' && prefix === ''))
    throw new TypeError(`"${value}" is not a size: write it as 1048576, 512MB, 10GB or 1.5 TB`);
  const unit = 1024n ** BigInt(POWERS.indexOf(prefix.toUpperCase()));
  // In whole numbers throughout: 0.1 has no exact floating point.
  const scaled = BigInt(whole + fraction) * unit;
  const scale = 10n ** BigInt(fraction.length);
  if (scaled % scale !== 0n) throw new TypeError(`"${value}" is not a whole number of bytes`);
  const bytes = scaled / scale;
  if (bytes > BigInt(Number.MAX_SAFE_INTEGER)) throw new TypeError(`"${value}" is more than 2^53 - 1 bytes`);
  return Number(bytes);
}
