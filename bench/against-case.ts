import type { Bench } from './bench.js';
import { md5Of } from './client.js';
import { DownloadClients } from './download-clients.js';
import { ImagesApi } from './images-api.js';
import { atOnce, figureOf, inTurns, median, seconds, toMib, type Figure } from './measure.js';
import { withPair, type Pair } from './pair.js';
import { clientNote, rateOf, type Row, type Unit } from './row.js';
import type { Scale } from './scale.js';
import { uploadFile } from './upload-case.js';
import { wrk } from './wrk.js';

/** Another server of the Images API. */
export interface Other {
  /** Without a slash at the end, nor the version. */
  readonly url: string;
  readonly token: string | undefined;
}

interface Both {
  readonly registry: ImagesApi;
  readonly other: ImagesApi;
}
const SIDES = ['registry', 'other'] as const;

const WIDTH = 8;
const CLIENTS = 16;
const SMALL = { size: 64 * 1024, width: 32 };
/** Images without data that one round makes, and that listings then have. */
const CREATIONS = 200;
const PAGE = 25;

/**
 * The same work of the same clients on the registry, with its defaults, and on another server, in turns, by the Images API v2. It makes its own images there and
 * removes them, and counts on nothing that not all servers have.
 */
export function againstCase({ scale }: Bench, { url, token }: Other): Promise<Row[]> {
  return withPair(async (pair) => {
    const both = { registry: new ImagesApi(pair.registry.url, undefined), other: new ImagesApi(url, token) };
    const clients = await DownloadClients.start();
    try {
      return [
        ...(await transfers(both, clients, scale)),
        ...(await small(both, scale)),
        ...(await requests(both, scale)),
        ...(await imports(both, pair, scale)),
      ];
    } finally {
      await clients.stop();
      await Promise.all(SIDES.map((side) => both[side].removeAll()));
    }
  });
}

async function transfers(both: Both, clients: DownloadClients, scale: Scale): Promise<Row[]> {
  const { transfer, rounds } = scale;
  const rows: Row[] = [];
  for (const [width, size] of [
    [1, transfer],
    [WIDTH, transfer / WIDTH],
  ] as const) {
    const md5 = md5Of(size);
    const upload = (side: keyof Both) => async (): Promise<number> => {
      const ids: string[] = [];
      const taken = await seconds(() =>
        atOnce(width, width, async () => void ids.push(await both[side].upload(size, md5))),
      );
      for (const id of ids) await both[side].remove(id);
      return taken;
    };
    const ups = await inTurns(rounds, { registry: upload('registry'), other: upload('other') });
    const ids = {
      registry: await both.registry.upload(size, md5),
      other: await both.other.upload(size, md5),
    };
    const download = (side: keyof Both) => (): Promise<number> => {
      const { headers } = both[side];
      return clients.seconds({ url: both[side].fileOf(ids[side]), headers, size, width });
    };
    const downs = await inTurns(rounds, { registry: download('registry'), other: download('other') });
    const many = width === 1 ? '' : `${width} times at once, `;
    const total = toMib(size) * width;
    rows.push(
      row(`upload, ${many}${toMib(size)} MiB`, 'MiB/s', ups, (taken) => rateOf(taken, total)),
      row(`download, ${many}${toMib(size)} MiB`, 'MiB/s', downs, (taken) => rateOf(taken, total)),
    );
    for (const side of SIDES) await both[side].remove(ids[side]);
  }
  return rows;
}

async function small(both: Both, { rounds, smallUploads }: Scale): Promise<Row[]> {
  const md5 = md5Of(SMALL.size);
  const times = (count: number, width: number, work: (api: ImagesApi) => Promise<unknown>) => {
    const of = (side: keyof Both) => () => seconds(() => atOnce(count, width, () => work(both[side])));
    return inTurns(rounds, { registry: of('registry'), other: of('other') });
  };
  const creations = await times(CREATIONS, CLIENTS, (api) => api.create());
  const uploads = await times(smallUploads, SMALL.width, (api) => api.upload(SMALL.size, md5));
  return [
    row(`create images, ${CLIENTS} clients`, 'images/s', creations, (taken) => rateOf(taken, CREATIONS)),
    row(`${smallUploads} uploads of ${SMALL.size / 1024} KiB, ${SMALL.width} at once`, 's', uploads),
  ];
}

async function requests(both: Both, { rounds, load }: Scale): Promise<Row[]> {
  const rows: Row[] = [];
  const ids = { registry: await both.registry.create(), other: await both.other.create() };
  const asked = {
    'show an image': (side: keyof Both) => `/v2/images/${ids[side]}`,
    [`list of ${PAGE}`]: () => `/v2/images?limit=${PAGE}`,
  };
  for (const [name, pathOf] of Object.entries(asked)) {
    const waits = { registry: [] as number[], other: [] as number[] };
    const cores: number[] = [];
    const rate = (side: keyof Both) => async (): Promise<number> => {
      const { url, headers } = both[side];
      const counted = await wrk({ url: url + pathOf(side), headers }, load, CLIENTS);
      waits[side].push(counted.p99);
      cores.push(counted.cores);
      return counted.rate;
    };
    const rates = await inTurns(rounds, { registry: rate('registry'), other: rate('other') });
    const [ours, theirs] = SIDES.map((side) => `${median(waits[side]).toPrecision(3)} ms`);
    const notes = [`${CLIENTS} connections, p99 ${ours} and ${theirs}`, clientNote(Math.max(...cores))];
    rows.push({ ...row(name, 'requests/s', rates), notes });
  }
  return rows;
}

/** Only where both servers fetch from this machine. */
async function imports(both: Both, pair: Pair, { transfer, rounds }: Scale): Promise<Row[]> {
  await uploadFile(pair, 'files', transfer, md5Of(transfer), 'source');
  const source = `${pair.baseline.url}/files/source`;
  const times = { registry: [] as number[], other: [] as number[] };
  for (let round = 0; round < rounds; round += 1)
    for (const side of SIDES) {
      const start = performance.now();
      const id = await both[side].webDownload(source);
      times[side].push((performance.now() - start) / 1000);
      if (id === null) {
        console.error(`  the ${side} does not fetch from ${source}: web-download is left out`);
        return [];
      }
      await both[side].remove(id);
    }

  const found = { registry: figureOf(times.registry), other: figureOf(times.other) };
  return [row(`web-download of ${toMib(transfer)} MiB`, 's', found)];
}

function row(
  name: string,
  unit: Unit,
  { registry, other }: { readonly registry: Figure; readonly other: Figure },
  by: (figure: Figure) => Figure = (figure) => figure,
): Row {
  const against = 'the same work by the Images API v2';
  return { name, unit, registry: by(registry), baseline: by(other), against, notes: [] };
}
