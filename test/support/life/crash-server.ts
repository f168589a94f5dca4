/**
 * A registry in a process of its own, for what the example has no flag for: `tsx crash-server.ts '{"data":"/folder"}'`.
 * It writes `listening on URL` to stdout, and may end itself by SIGKILL at a given call of its storage.
 */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import Keyv from 'keyv';
import { keySpaceFor } from '../../../lib/catalogue/adapters/key-space-for.js';
import { KeyvLmdb, createImageRegistry, diskStore, none, prepareServer } from '../../../lib/index.js';
import { dataFolderPaths } from './data-folder.js';

/** At which call the process ends itself. */
export interface DiePoint {
  readonly call: 'commit' | 'mark' | 'write' | 'remove' | 'discard';
  /** 1: the first one of this process. */
  readonly nth: number;
  readonly moment: 'before' | 'after';
}

export interface CrashServerSettings {
  /** The data folder, laid out as the example does. */
  readonly data: string;
  /** Seconds. */
  readonly leaseTime?: number;
  /** Seconds; 0: no sweeps. */
  readonly sweepInterval?: number;
  readonly dieAt?: DiePoint;
}

/** Ends the process, as a power cut does, at the point that is asked for. */
function mortal<T extends object>(target: T, point: DiePoint | undefined): T {
  if (point === undefined || typeof Reflect.get(target, point.call) !== 'function') return target;
  let count = 0;
  const die = (moment: DiePoint['moment']): void => {
    if (count === point.nth && moment === point.moment) process.kill(process.pid, 'SIGKILL');
  };
  return new Proxy(target, {
    get(inner, name) {
      const member: unknown = Reflect.get(inner, name, inner);
      if (typeof member !== 'function') return member;
      if (name !== point.call) return member.bind(inner) as unknown;
      return async (...args: unknown[]): Promise<unknown> => {
        count += 1;
        die('before');
        const result: unknown = await Reflect.apply(member, inner, args);
        die('after');
        return result;
      };
    },
  });
}

const { data, dieAt, ...rest } = JSON.parse(process.argv[2] ?? '{}') as CrashServerSettings;
const { metadata, blobs } = dataFolderPaths(data);
const keyv = new Keyv({ store: new KeyvLmdb({ path: metadata }), throwOnErrors: true });
const registry = createImageRegistry({
  authenticate: none(),
  metadata: mortal(keySpaceFor(keyv), dieAt),
  blobs: mortal(diskStore({ path: blobs }), dieAt),
  ...rest,
});
const app = express();
app.use(registry);
const server = prepareServer(http.createServer(app));
await registry.ready();
server.listen(0, '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
});
