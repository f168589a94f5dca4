import assert from 'node:assert/strict';
import type Keyv from 'keyv';
import { devTokens } from '../../../lib/index.js';
import type { BlobStore, ImageRegistryOptions } from '../../../lib/index.js';
import { leftOutOf } from './left-out.js';
import { replay } from './replay.js';
import { optionsOf } from './scenario-options.js';
import type { Mount } from '../mounts/serve.js';
import { serve } from '../mounts/serve.js';
import { scenarios } from './vectors.js';

/** Defines one test for each scenario; `storage` gives new and empty adapters for each. */
export function itReplaysAll(
  storage: () => { metadata: Keyv; blobs: BlobStore },
  mount?: Mount,
  version: 'v1' | 'v2' = 'v1',
): void {
  for (const scenario of scenarios(version)) {
    const leftOut = leftOutOf(scenario, mount?.name === 'behind express.json()');
    const { size } = leftOut.steps;
    if (size === scenario.steps.length) continue;
    const without = size === 0 ? '' : ` (but ${size} of ${scenario.steps.length} steps)`;
    it(`${scenario.name}: ${scenario.about}${without}`, async () => {
      const { metadata, blobs } = storage();
      const options: ImageRegistryOptions = {
        metadata,
        // The recorded server keeps data in files, and says so.
        blobs: version === 'v1' ? blobs : Object.assign(blobs, { type: 'file' }),
        authenticate: devTokens(),
        lenientClients: false,
        sources: { networks: ['127.0.0.0/8'] },
        ...optionsOf(scenario),
      };
      const served = await serve(options, mount);
      try {
        assert.deepEqual(await replay(served.url, scenario, leftOut), []);
      } finally {
        await served.close();
        await metadata.disconnect();
      }
    });
  }
}
