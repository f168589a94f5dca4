import { md5Of, receiveBytes } from './client.js';
import { median, seconds, toMib, type Row, type Scale } from './measure.js';
import { withPair } from './pair.js';
import { uploadImage } from './registry-client.js';
import { uploadFile } from './upload-case.js';

/** A large download, from the page cache, against a server that pipes the file into the answer. */
export function downloadCase({ transfer, rounds }: Scale): Promise<Row[]> {
  return withPair(async (pair) => {
    const { registry, baseline } = pair;
    const md5 = md5Of(transfer);
    await uploadFile(pair, 'files', transfer, md5);
    const id = await uploadImage(registry.url, transfer, md5);
    const theirs: number[] = [];
    const ours: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      theirs.push(await seconds(() => receiveBytes(`${baseline.url}/files/file`, transfer)));
      ours.push(await seconds(() => receiveBytes(`${registry.url}/v1/images/${id}`, transfer)));
    }
    return [
      {
        name: `download ${toMib(transfer)} MiB`,
        unit: 's',
        registry: median(ours),
        baseline: median(theirs),
        against: 'file to answer by createReadStream',
        peakRss: toMib(await registry.peak()),
        note: `${Math.round(toMib(transfer) / median(ours))} MiB/s`,
      },
    ];
  });
}
