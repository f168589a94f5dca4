import assert from 'node:assert/strict';
import type Keyv from 'keyv';
import { devTokens } from '../../lib/index.js';
import type { BlobStore } from '../../lib/index.js';
import { isNotServed, notServed } from './not-served.js';
import { replay } from './replay.js';
import type { Mount } from './serve.js';
import { serve } from './serve.js';
import { scenarios } from './vectors.js';

/** Defines one test for each scenario; `storage` gives new and empty adapters for each. */
export function itReplaysAll(storage: () => { metadata: Keyv; blobs: BlobStore }, mount?: Mount): void {
  for (const scenario of scenarios().filter(({ name }) => !isNotServed(name))) {
    it(`${scenario.name}: ${scenario.about}`, async () => {
      const { metadata, blobs } = storage();
      const options = { metadata, blobs, authenticate: devTokens(), lenientClients: false };
      const served = await serve(options, mount);
      try {
        const faults = await replay(served.url, scenario, { skip: notServed(scenario.name) });
        assert.deepEqual(faults, []);
      } finally {
        await served.close();
        await metadata.disconnect();
      }
    });
  }
}
