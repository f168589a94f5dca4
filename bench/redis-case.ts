import type { Bench } from './bench.js';
import { creation } from './create-case.js';
import { ask } from './client.js';
import { figureOf, median } from './measure.js';
import { withFolder, withServers } from './pair.js';
import { startRedis } from './programs.js';
import { inTurnsBy, type Route } from './requests-case.js';
import { clientNote, type Row } from './row.js';
import path from 'node:path';

/** Requests that make the images for the others. */
const IMAGES = 100;

/** The same requests with the metadata in a Redis on loopback that writes each command to the disk, against LMDB. */
export function redisCase({ scale }: Bench): Promise<Row[]> {
  const { rounds, load } = scale;
  return withFolder(async (folder) => {
    const redis = await startRedis(folder, true);
    try {
      return await withServers(async (start) => {
        const servers = {
          redis: await start('registry-server', [path.join(folder, 'redis'), 'sha512', redis.url]),
          lmdb: await start('registry-server', [path.join(folder, 'lmdb'), 'sha512']),
        };
        const routes = (
          await Promise.all(Object.entries(servers).map(([name, { url }]) => routesOf(name, url)))
        ).flat();
        const counted = await inTurnsBy(routes, rounds, load);
        return ['show an image (v2)', 'list of 25 (v2)', 'create an image (v2)'].map((what): Row => {
          const [ours, theirs] = [counted.get(`redis: ${what}`) ?? [], counted.get(`lmdb: ${what}`) ?? []];
          return {
            name: `${what}, Redis on loopback`,
            unit: 'requests/s',
            registry: figureOf(ours.map(({ rate }) => rate)),
            baseline: figureOf(theirs.map(({ rate }) => rate)),
            against: 'the same on LMDB',
            notes: [
              `p99 ${median(ours.map(({ p99 }) => p99)).toPrecision(3)} ms`,
              clientNote(median(ours.map(({ cores }) => cores))),
            ],
          };
        });
      });
    } finally {
      await redis.stop();
    }
  });
}

async function routesOf(engine: string, url: string): Promise<Route[]> {
  const { body = '', headers = {} } = creation(url);
  let id = '';
  for (let n = 0; n < IMAGES; n += 1) {
    const { text } = await ask(`${url}/v2/images`, { method: 'POST', headers, body, agent: false });
    ({ id } = JSON.parse(text) as { id: string });
  }
  return [
    { name: `${engine}: show an image (v2)`, url: `${url}/v2/images/${id}` },
    { name: `${engine}: list of 25 (v2)`, url: `${url}/v2/images?limit=25` },
    { name: `${engine}: create an image (v2)`, ...creation(url) },
  ];
}
