import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { pino } from 'pino';
import type { BlobStore } from '../../lib/blobs/blob-store.js';
import { guard } from '../../lib/blobs/guard/guard.js';
import { s3Store } from '../../lib/blobs/s3/s3-store.js';
import { inPieces, MIB, sampleBytes } from '../../lib/testing/blob-store/sample-data.js';
import { fauxqs, FAUXQS_PART, type Fauxqs } from '../support/servers/fauxqs.js';

const SECRETS = {
  accessKeyId: 'MARKER-KEY-ID',
  secretAccessKey: 'MARKER-SECRET',
  sessionToken: 'MARKER-TOKEN',
};

/** What Amazon's S3 answers to a bad token or signature: what was sent, and what should have been signed. */
const TELLTALE = `<?xml version="1.0"?><Error><Code>InvalidToken</Code><Message>The provided token is malformed.</Message>
<Token-0>${SECRETS.sessionToken}</Token-0><AWSAccessKeyId>${SECRETS.accessKeyId}</AWSAccessKeyId>
<StringToSign>AWS4-HMAC-SHA256 ${SECRETS.accessKeyId}</StringToSign></Error>`;

describe('S3 store: credentials', () => {
  let s3: Fauxqs;

  before(async () => {
    s3 = await fauxqs();
  });

  after(() => s3.stop());

  it('come up in no location, log or error', async () => {
    const told: string[] = [];
    const tell = (...things: unknown[]): void => {
      for (const thing of things) told.push(inspect(thing, { depth: null, showHidden: true }));
    };
    const log = pino({ level: 'trace' }, { write: (line: string) => void told.push(line) });
    const bucket = await s3.bucket();
    const made = s3Store({
      bucket,
      clientOptions: { endpoint: s3.proxy.url, credentials: SECRETS },
      partSize: FAUXQS_PART,
      deadline: 1000,
      logger: log,
    });
    const store: BlobStore = guard(made, { name: 's3', log });
    const seen: string[] = [];
    const failed = async (call: () => Promise<unknown>): Promise<void> => {
      const [outcome] = await Promise.allSettled([call()]);
      assert.equal(outcome.status, 'rejected');
      tell(outcome.reason);
      log.error({ err: outcome.reason as Error }, 'failed');
    };
    const everything = async (): Promise<void> => {
      await failed(() => store.write('other', inPieces(sampleBytes(10), 10)));
      await failed(() => store.write('large', inPieces(sampleBytes(11 * MIB), MIB)));
      await failed(() => store.read('k'));
      await failed(() => store.stat('k'));
      await failed(() => store.remove('k'));
      await failed(() => store.discard('k'));
      await failed(() => store.mark?.('mark') ?? Promise.resolve());
    };

    await store.open?.();
    tell(store, made);
    const written = await store.write('k', inPieces(sampleBytes(6 * MIB), MIB));
    tell(written, await store.stat(written.location));
    for await (const blob of store.list?.() ?? []) tell(blob);

    s3.proxy.fault = ({ headers }) => {
      seen.push(String(headers.authorization), String(headers['x-amz-security-token']));
      return { answer: 400, code: 'InvalidToken', body: TELLTALE };
    };
    await everything();
    s3.proxy.fault = () => null;
    const restore = await s3.proxy.outage();
    await everything();
    await restore();
    await store.close?.();
    tell(store, made);

    assert.ok(seen.join(' ').includes(SECRETS.accessKeyId), 'the credentials were not used');
    assert.ok(seen.join(' ').includes(SECRETS.sessionToken), 'the credentials were not used');
    assert.ok(told.length > 30 && told.some((text) => text.includes('InvalidToken')));
    for (const text of told) assert.ok(!text.includes('MARKER'), text);
  });

  it('that cannot be had deny the store, and tell nothing of where they were looked for', async () => {
    const credentials = (): Promise<never> =>
      Promise.reject(
        Object.assign(new Error('no credentials'), { name: 'CredentialsProviderError', path: 'MARKER' }),
      );
    const store = s3Store({
      bucket: await s3.bucket(),
      clientOptions: { endpoint: s3.proxy.url, credentials },
    });
    await assert.rejects(store.open?.() ?? Promise.resolve(), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'store_denied');
      assert.ok(!inspect(error, { depth: null, showHidden: true }).includes('MARKER'));
      return true;
    });
  });
});
