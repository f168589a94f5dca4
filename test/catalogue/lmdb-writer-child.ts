import { lmdbKeySpace } from '../../lib/catalogue/adapters/lmdb-key-space.js';
import { KeyvLmdb } from '../../lib/catalogue/adapters/keyv-lmdb.js';
import { isRegistryError } from '../../lib/errors.js';

/*
 * Run as a child: writes to an LMDB key space and says on its output what was acknowledged. `count`: 200 increments of
 * one record. `once`: one record. `endless`: new records until it is killed. `fill`: new records until the disk is full.
 */
const [path = '', mode = ''] = process.argv.slice(2);
const space = lmdbKeySpace(new KeyvLmdb({ path }));
await space.open();

async function create(number: number): Promise<void> {
  const key = `w-${number}`;
  const value = { rows: [key], padding: 'x'.repeat(2_000) };
  await space.commit({ key, expected: 0, value, addRows: [key], removeRows: [] });
  process.stdout.write(`${number}\n`);
}

async function increment(): Promise<boolean> {
  const [record] = await space.get(['n']);
  const value = { count: Number(record?.value.count ?? 0) + 1 };
  return space.commit({ key: 'n', expected: record?.revision ?? 0, value, addRows: [], removeRows: [] });
}

if (mode === 'count') {
  for (let done = 0; done < 200;) if (await increment()) done++;
} else if (mode === 'once') {
  await create(0);
} else {
  try {
    for (let number = 0; ; number++) await create(number);
  } catch (error) {
    if (mode !== 'fill' || !isRegistryError(error, 'unavailable')) throw error;
    process.stdout.write(`full: ${String(error.cause)}\n`);
    const [first] = await space.get(['w-0']);
    process.stdout.write(`still reads revision ${first?.revision}\n`);
  }
}
await space.close();
