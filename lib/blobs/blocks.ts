/**
 * Cuts a stream of bytes into blocks of exactly `size` bytes, the last one shorter. Each block has memory of its own,
 * so that a million small chunks take no more room than their bytes; nothing is read ahead.
 * @param arrived called with the length of every chunk before it is kept; what it throws ends the stream
 */
export async function* blocks(
  source: AsyncIterable<Buffer>,
  size: number,
  arrived?: (length: number) => void,
): AsyncGenerator<Buffer, void> {
  let block = Buffer.alloc(0);
  let filled = 0;
  for await (const chunk of source) {
    arrived?.(chunk.length);
    let taken = 0;
    while (taken < chunk.length) {
      if (filled === 0) block = Buffer.allocUnsafeSlow(size);
      const copied = chunk.copy(block, filled, taken);
      taken += copied;
      filled += copied;
      if (filled === size) {
        filled = 0;
        yield block;
      }
    }
  }
  if (filled > 0) yield Buffer.from(block.subarray(0, filled));
}
