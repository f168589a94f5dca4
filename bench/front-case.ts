import path from 'node:path';
import type { Bench } from './bench.js';
import { md5Of } from './client.js';
import { DownloadClients } from './download-clients.js';
import type { Downloads } from './downloads.js';
import { inTurns, toMib } from './measure.js';
import { withPair, withServers, type Pair } from './pair.js';
import { startNginx } from './programs.js';
import { uploadImage } from './registry-client.js';
import { atLeast, clientNote, faultsOf, rateOf, type Row } from './row.js';
import { hasFlag } from './server-process.js';
import { uploadFile } from './upload-case.js';

const WIDTH = 8;
const WORKERS = 2;
/** Path of the files in nginx that the registry names. */
const INTERNAL = '/image-data';

/** Downloads that more than one process serves: workers of the standalone server, and nginx in front of it. */
export async function frontCase(bench: Bench): Promise<Row[]> {
  const cases = { '--workers': workers, '--accel-redirect': accelRedirect };
  const rows: Row[] = [];
  for (const [flag, measure] of Object.entries(cases))
    if (await hasFlag(flag)) rows.push(...(await withPair((pair) => measure(pair, bench))));
    else console.error(`  the standalone server has no ${flag}: that is left out`);
  return rows;
}

function workers(pair: Pair, { scale }: Bench): Promise<Row[]> {
  const size = scale.transfer / 4;
  return withServers(async (start) => {
    const data = path.join(pair.files, 'workers');
    const { url } = await start('example', [
      ...['--port', '0', '--data', data, '--log-level', 'error', '--workers', String(WORKERS)],
    ]);
    const nginx = await startNginx(pair.files);
    const clients = await DownloadClients.start();
    try {
      const md5 = md5Of(size);
      await uploadFile(pair, 'files', size, md5);
      const id = await uploadImage(url, size, md5);
      const asked = (address: string): Downloads => ({ url: address, size, width: WIDTH });
      const image = `${url}/v2/images/${id}/file`;
      const times = await inTurns(scale.rounds, {
        registry: () => clients.seconds(asked(image)),
        plain: () => clients.seconds(asked(`${pair.baseline.url}/files/file`)),
        nginx: () => clients.seconds(asked(`${nginx.url}/file`)),
      });
      const total = toMib(size) * WIDTH;
      const plain = rateOf(times.plain, total);
      return [
        {
          name: `${WIDTH} downloads of ${toMib(size)} MiB at once, ${WORKERS} workers`,
          unit: 'MiB/s',
          registry: rateOf(times.registry, total),
          baseline: plain,
          against: 'file to answer by createReadStream of 256 KiB, one process',
          target: atLeast(1.7),
          notes: [clientNote(clients.cores(image), clients.count)],
          faults: faultsOf(plain, rateOf(times.nginx, total), 'MiB/s', 'nginx'),
        },
      ];
    } finally {
      await clients.stop();
      await nginx.stop();
    }
  });
}

function accelRedirect(pair: Pair, { scale }: Bench): Promise<Row[]> {
  const size = scale.transfer / 4;
  return withServers(async (start) => {
    const data = path.join(pair.files, 'accel');
    const { url } = await start('example', [
      ...['--port', '0', '--data', data, '--log-level', 'error', '--accel-redirect', INTERNAL],
    ]);
    const nginx = await startNginx(
      pair.files,
      `location ${INTERNAL}/ { internal; alias ${data}/blobs/blobs/; }
      location /v2/ { proxy_pass ${url}; proxy_set_header X-Sendfile-Type X-Accel-Redirect; }`,
    );
    const clients = await DownloadClients.start();
    try {
      const md5 = md5Of(size);
      await uploadFile(pair, 'files', size, md5);
      const image = `${nginx.url}/v2/images/${await uploadImage(url, size, md5)}/file`;
      const timed = (address: string) => () => clients.seconds({ url: address, size, width: WIDTH });
      const times = await inTurns(scale.rounds, {
        registry: timed(image),
        nginx: timed(`${nginx.url}/file`),
      });
      const total = toMib(size) * WIDTH;
      return [
        {
          name: `${WIDTH} downloads of ${toMib(size)} MiB at once, through nginx by accelRedirect`,
          unit: 'MiB/s',
          registry: rateOf(times.registry, total),
          baseline: rateOf(times.nginx, total),
          against: 'a file of nginx, one worker, sendfile',
          target: atLeast(0.9),
          notes: [clientNote(clients.cores(image), clients.count)],
        },
      ];
    } finally {
      await clients.stop();
      await nginx.stop();
    }
  });
}
