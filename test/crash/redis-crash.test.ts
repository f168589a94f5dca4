import KeyvRedis from '@keyv/redis';
import Keyv from 'keyv';
import { CrashProcesses } from '../support/life/crash-process.js';
import { surviveRounds } from '../support/life/crash-rounds.js';
import { DataFolder } from '../support/life/data-folder.js';
import { startRedis, type TestRedis } from '../support/servers/redis.js';

describe('a server with its metadata in Redis that is killed', function () {
  this.timeout(300_000);
  const processes = new CrashProcesses();
  let redis: TestRedis;
  let folder: DataFolder;

  before(async () => {
    redis = await startRedis();
    const store = new KeyvRedis(redis.url, { throwOnErrors: true, throwOnConnectError: true });
    folder = await DataFolder.make(new Keyv({ store, throwOnErrors: true }));
  });

  after(async () => {
    await processes.killAll();
    await folder.remove();
    await redis.stop();
  });

  it('keeps its promises, whenever that happens', () =>
    surviveRounds(5, processes, folder, ['--metadata', redis.url]));
});
