import type { Bench } from './bench.js';
import { md5Of, receiveBytes } from './client.js';
import { DownloadClients } from './download-clients.js';
import { inTurns, toMib } from './measure.js';
import { withPair, type Pair } from './pair.js';
import { startNginx } from './programs.js';
import { uploadImage } from './registry-client.js';
import { atLeast, clientNote, faultsOf, rateOf, type Row } from './row.js';
import { uploadFile } from './upload-case.js';

const WIDTH = 8;

/** Downloads from the page cache, one and several at once, against a server that pipes the file into the answer, and against nginx. */
export function downloadCase({ scale }: Bench): Promise<Row[]> {
  const { transfer, rounds } = scale;
  return withPair(async (pair) => {
    const nginx = await startNginx(pair.files);
    const clients = await DownloadClients.start();
    try {
      const one = await downloads(pair, nginx.url, clients, { size: transfer, width: 1, rounds });
      const many = await downloads(pair, nginx.url, clients, { size: transfer / 4, width: WIDTH, rounds });
      return [...one, ...many];
    } finally {
      await clients.stop();
      await nginx.stop();
    }
  });
}

async function downloads(
  pair: Pair,
  nginx: string,
  clients: DownloadClients,
  { size, width, rounds }: { readonly size: number; readonly width: number; readonly rounds: number },
): Promise<Row[]> {
  const { registry, baseline } = pair;
  const md5 = md5Of(size);
  await uploadFile(pair, 'files', size, md5);
  const image = `${registry.url}/v1/images/${await uploadImage(registry.url, size, md5)}`;
  await receiveBytes(image, size);
  const time = (url: string) => () => clients.seconds({ url, size, width });
  const times = await inTurns(rounds, {
    baseline: time(`${baseline.url}/files/file`),
    registry: time(image),
    nginx: time(`${nginx}/file`),
  });
  const total = toMib(size) * width;
  const what = rateOf(times.nginx, total);
  const plain = rateOf(times.baseline, total);
  const processes = Math.min(width, clients.count);
  const common = {
    name: width === 1 ? `download ${toMib(size)} MiB` : `${width} downloads of ${toMib(size)} MiB at once`,
    unit: 'MiB/s',
    registry: rateOf(times.registry, total),
  } as const;
  return [
    {
      ...common,
      baseline: plain,
      against: 'file to answer by createReadStream of 256 KiB',
      target: atLeast(0.9),
      notes: [clientNote(clients.cores(image), processes)],
      faults: faultsOf(plain, what, 'MiB/s', 'nginx'),
    },
    {
      ...common,
      baseline: what,
      against: 'nginx, one worker, sendfile',
      notes: [clientNote(clients.cores(`${nginx}/file`), processes)],
    },
  ];
}
