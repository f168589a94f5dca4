import type { Bench } from './bench.js';
import { md5Of } from './client.js';
import { inTurns, seconds, toMib } from './measure.js';
import { mostMemory } from './memory-case.js';
import { withPair } from './pair.js';
import { startNginx } from './programs.js';
import { copyImage, deleteImage, downloadFromWeb, uploadImage } from './registry-client.js';
import { atMost, type Row } from './row.js';
import { uploadFile } from './upload-case.js';

const WARM_UP = 32 * 1024 * 1024;

/**
 * An image that the registry fetches from another server, by copy-from (v1) and web-download (v2), against an upload of the same. The other server is nginx, which
 * needs as little of the machine for that as the client of the upload.
 */
export function copyCase({ scale }: Bench): Promise<Row[]> {
  const { copy, rounds } = scale;
  return withPair(async (pair) => {
    const { registry } = pair;
    const md5 = md5Of(copy);
    await uploadFile(pair, 'files', copy, md5, 'source');
    const nginx = await startNginx(pair.files);
    await deleteImage(registry.url, await uploadImage(registry.url, WARM_UP, md5Of(WARM_UP)));
    const warm = await registry.memory();
    const source = `${nginx.url}/source`;
    let most = 0;
    const timed = (make: () => Promise<string>) => async (): Promise<number> => {
      let [id, taken] = ['', 0];
      const work = async (): Promise<unknown> => (taken = await seconds(async () => (id = await make())));
      most = Math.max(most, await mostMemory(registry, work));
      await deleteImage(registry.url, id);
      return taken;
    };
    const times = await inTurns(rounds, {
      upload: timed(() => uploadImage(registry.url, copy, md5)),
      copy: timed(() => copyImage(registry.url, source, copy, md5)),
      web: timed(() => downloadFromWeb(registry.url, source, copy, md5)),
    }).finally(() => nginx.stop());
    const grown = `grows by ${Math.round(toMib(most - warm))} MiB`;
    const common = {
      unit: 's',
      baseline: times.upload,
      against: 'an upload of the same',
      target: atMost(1.05),
    } as const;
    return (['copy', 'web'] as const).map((kind) => ({
      ...common,
      name: `${kind === 'copy' ? 'copy-from' : 'web-download'} of ${toMib(copy)} MiB`,
      registry: times[kind],
      notes: [`${Math.round(toMib(copy) / times[kind].median)} MiB/s`, grown],
    }));
  });
}
