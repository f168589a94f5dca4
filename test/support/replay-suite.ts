import assert from 'node:assert/strict';
import type Keyv from 'keyv';
import { devTokens } from '../../lib/index.js';
import type { BlobStore } from '../../lib/index.js';
import { replay } from './replay.js';
import type { Mount } from './serve.js';
import { serve } from './serve.js';
import { scenarios } from './vectors.js';

/** Defines one test for each scenario; `storage` gives new and empty adapters for each. */
export function itReplaysAll(storage: () => { metadata: Keyv; blobs: BlobStore }, mount?: Mount): void {
  for (const scenario of scenarios()) {
    it(`${scenario.name}: ${scenario.about}`, async () => {
      const { metadata, blobs } = storage();
      const options = {
        metadata,
        blobs,
        authenticate: devTokens(),
        lenientClients: false,
        sources: { networks: ['127.0.0.0/8'] },
      };
      const served = await serve(options, mount);
      try {
        assert.deepEqual(await replay(served.url, scenario), []);
      } finally {
        await served.close();
        await metadata.disconnect();
      }
    });
  }
}
