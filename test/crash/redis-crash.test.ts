import { MortalProcesses } from '../support/life/mortal-processes.js';
import { surviveRounds } from '../support/life/rounds.js';
import { LifeStorage } from '../support/life/life-storage.js';
import { startRedis, type TestRedis } from '../support/servers/redis.js';

describe('a server with its metadata in Redis that is killed', function () {
  this.timeout(300_000);
  const processes = new MortalProcesses();
  let redis: TestRedis;
  let storage: LifeStorage;

  before(async () => {
    redis = await startRedis();
    // Keyv's own, which the example leaves as it is.
    storage = await LifeStorage.make({ redis: redis.url, namespace: 'keyv' });
  });

  after(async () => {
    await processes.killAll();
    await storage.end();
    await redis.stop();
  });

  it('keeps its promises, whenever that happens', () =>
    surviveRounds(5, processes, storage, ['--metadata', redis.url]));
});
