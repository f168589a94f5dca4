import type { ImageCatalogue } from '../catalogue/image-catalogue.js';
import type { Logger } from '../logger.js';

/** Records between two lines in the log. */
const TELL = 50_000;

/**
 * Makes the index rows of this release in place of those of an older one, and tells how far it is.
 * @throws RegistryError `unavailable`
 */
export async function reindex(catalogue: Pick<ImageCatalogue, 'reindex'>, log: Logger): Promise<void> {
  let records = 0;
  let told = 0;
  for await (records of catalogue.reindex()) {
    if (records < told + TELL) continue;
    told = records;
    log.info({ records }, 'the catalogue is being reindexed');
  }
  log.info({ records }, 'the catalogue has the rows of this release');
}
