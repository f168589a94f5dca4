import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { BlobStore } from '../blobs/blob-store.js';
import { Meter } from '../blobs/meter.js';
import type { DataFacts, Image } from '../domain/image.js';
import type { LandedData } from '../domain/landed-data.js';
import { VirtualSizeProbe } from '../domain/virtual-size/virtual-size-probe.js';
import { isRegistryError, RegistryError } from '../errors.js';
import { checkDigest, checkMeasured, factsOf } from './check-measured.js';
import { FanOut } from './fan-out.js';
import type { ImportLeg } from './import-leg.js';
import type { Parts } from './parts.js';
import { ProgressMeter } from './progress-meter.js';
import { QuotaGate } from './quota-gate.js';

/** Where imported data comes from. */
export interface ImportData {
  /** Begins to read; called at most once. */
  readonly open: (signal: AbortSignal) => Promise<Readable>;
  /** Bytes, when known beforehand. */
  readonly length: number | null;
  /** What is known of them already; null: they are looked at as they pass. */
  readonly facts: DataFacts | null;
  /** The store that has them, which other stores may copy from without their passing through here. */
  readonly from?: { readonly store: BlobStore; readonly location: string };
}

/** One pass over data. */
export interface ImportPass {
  /** The image as its record was when the work began. */
  readonly image: Image;
  readonly data: ImportData;
  readonly legs: readonly ImportLeg[];
  /** Whether one store that fails ends all. */
  readonly mustAll: boolean;
  /** Ends all. */
  readonly stop: AbortController;
  /** Is told the bytes that have passed. */
  readonly progress: (bytes: number) => void;
  /** Called for each store that has the whole data. */
  readonly land: (leg: ImportLeg, landed: LandedData) => Promise<void>;
}

/** A store that has not taken the data, and why. */
export interface LostLeg {
  readonly leg: ImportLeg;
  readonly reason: unknown;
}

/**
 * Brings data to all stores at once: stores that can copy for themselves do; for the others it is read one time, and digested one time, unless its
 * digests are known.
 * @returns the stores that have failed, when others have not and that will do; nothing goes on any more
 * @throws what has ended the whole
 */
export async function importPass(parts: Parts, pass: ImportPass): Promise<readonly LostLeg[]> {
  const { legs, stop } = pass;
  const room = await reserve(parts, pass);
  const { rest, lost } = await copyWithin(parts, pass);
  if (rest.length > 0) lost.push(...(await readOnce(parts, { ...pass, legs: rest }, room)));
  stop.signal.throwIfAborted();
  if (lost.length === legs.length) throw lost[0]?.reason;
  return lost;
}

/** Lets stores copy for themselves. @returns those that cannot, and those that have failed */
async function copyWithin(
  { stores }: Parts,
  { data, legs, mustAll, stop, land }: ImportPass,
): Promise<{ readonly rest: ImportLeg[]; readonly lost: LostLeg[] }> {
  const { from, facts, length } = data;
  if (from === undefined || facts === null) return { rest: [...legs], lost: [] };
  const rest: ImportLeg[] = [];
  const lost: LostLeg[] = [];
  const copy = async (leg: ImportLeg): Promise<void> => {
    const signal = AbortSignal.any([stop.signal, leg.signal]);
    const { key } = leg.blob;
    const written = (await stores.at(leg.blob).copy?.(from.store, from.location, key, { signal })) ?? null;
    if (written === null) rest.push(leg);
    else if (written.size !== length) throw cut(written.size, length);
    else await land(leg, { ...written, facts });
  };
  await Promise.all(
    legs.map((leg) =>
      copy(leg).catch((reason: unknown) => {
        if (mustAll) stop.abort(reason);
        lost.push({ leg, reason });
      }),
    ),
  );
  stop.signal.throwIfAborted();
  return { rest, lost };
}

/** Reads the data once for all stores. @returns the stores that have failed */
async function readOnce(parts: Parts, pass: ImportPass, room: number): Promise<readonly LostLeg[]> {
  const { data, legs, mustAll, stop } = pass;
  const { signal } = stop;
  const watch = watchOf(parts, pass);
  const out = new FanOut(legs.length, watch.check);
  const source = await data.open(signal);
  const gate = room === Infinity ? [] : [new QuotaGate(room, (needed) => grow(parts, pass, needed))];
  const piping = pipeline([source, ...gate, ...watch.through, out], { signal });
  const writing = legs.map((leg, index) =>
    write(parts, pass, leg, out.branches[index], watch.result).catch((reason: unknown) => {
      if (mustAll) stop.abort(reason);
      throw reason;
    }),
  );
  // All are awaited, so that nothing goes on behind the end.
  const [piped, ...written] = await Promise.allSettled([piping, ...writing]);
  const lost = legs.flatMap((leg, index) => {
    const outcome = written[index];
    if (outcome?.status !== 'rejected') return [];
    // What has ended the reading says more than that it has ended.
    const isTold = piped.status === 'rejected' && isRegistryError(piped.reason);
    return [{ leg, reason: (isTold ? piped.reason : outcome.reason) as unknown }];
  });
  return lost;
}

function cut(came: number, length: number | null): RegistryError {
  return new RegistryError('blob_damaged', `${came} bytes came of ${String(length)}`);
}

/** What the bytes pass through, and what is known of them at the end. */
interface Watch {
  readonly through: readonly (Meter | ProgressMeter)[];
  /** @throws RegistryError when they are not what was announced */
  readonly check: () => void;
  readonly result: () => Pick<LandedData, 'size' | 'facts'>;
}

function watchOf({ limits, threads }: Parts, { image, data, progress }: ImportPass): Watch {
  let passed = 0;
  const counter = new ProgressMeter((bytes) => progress((passed = bytes)));
  const { facts, length } = data;
  if (facts !== null)
    return {
      through: [counter],
      check: () => {
        if (passed !== length) throw cut(passed, length);
      },
      result: () => ({ size: passed, facts }),
    };
  const { hashAlgorithm, imageSizeCap: limit } = limits;
  const probe = new VirtualSizeProbe(image);
  const watch = (chunk: Buffer): void => probe.add(chunk);
  const meter = new Meter({ limit, announced: image.size, hashAlgorithm, watch, threads });
  return {
    through: [meter, counter],
    check: () => {
      checkMeasured(image, meter.result());
      checkDigest(image, meter.result(), hashAlgorithm);
    },
    result: () => {
      const measured = meter.result();
      return { size: measured.size, facts: factsOf(measured, hashAlgorithm, probe.result()) };
    },
  };
}

async function write(
  { stores }: Parts,
  { data, land }: ImportPass,
  leg: ImportLeg,
  branch: Readable | undefined,
  result: Watch['result'],
): Promise<void> {
  const { blob, signal } = leg;
  if (branch === undefined) throw new RegistryError('internal', 'there is no branch for a store');
  try {
    const size = data.length === null ? {} : { size: data.length };
    const { location } = await stores.at(blob).write(blob.key, branch, { ...size, signal });
    await land(leg, { ...result(), location });
  } finally {
    branch.destroy();
  }
}

/** Keeps room for the data in every store. @returns bytes that may come before there must be more */
async function reserve({ quota }: Parts, { image, data, legs, stop }: ImportPass): Promise<number> {
  let room = Infinity;
  for (const { blob } of legs) {
    const of = { blob: blob.id, image: image.id };
    room = Math.min(room, await quota.reserve(blob.owner, of, data.length, stop.signal));
  }
  return room;
}

async function grow({ quota }: Parts, { image, legs, stop }: ImportPass, needed: number): Promise<number> {
  let room = Infinity;
  for (const { blob } of legs) {
    const of = { blob: blob.id, image: image.id };
    const more = await quota.grow(blob.owner ?? '', of, { needed, ahead: true }, stop.signal);
    room = Math.min(room, more);
  }
  return room;
}
