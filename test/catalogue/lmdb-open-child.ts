import { lmdbKeySpace } from '../../lib/catalogue/adapters/lmdb-key-space.js';
import { KeyvLmdb } from '../../lib/catalogue/adapters/keyv-lmdb.js';
import { isRegistryError } from '../../lib/errors.js';
import { scan } from '../../lib/testing/key-space/sample-records.js';

/* Run as a child, which a damaged file may end: opens each folder and reads all that is in it; says how that went, a line for each. */
for (const path of process.argv.slice(2)) {
  const space = lmdbKeySpace(new KeyvLmdb({ path }));
  try {
    await space.open();
    const rows = await scan(space, { start: '', end: '\xff', limit: 1_000_000 });
    await space.get(rows);
    await space.close();
    process.stdout.write(`${rows.length} rows\n`);
  } catch (error) {
    if (!isRegistryError(error, 'unavailable')) throw error;
    process.stdout.write(
      `unavailable: ${error.message} ${error.cause instanceof Error ? error.cause.message : ''}\n`,
    );
  }
}
