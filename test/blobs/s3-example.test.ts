import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { digestOf, download, remove, upload } from '../support/life/crash-client.js';
import { runExample, startExample } from '../support/servers/example-server.js';
import { fauxqs, type Fauxqs } from '../support/servers/fauxqs.js';

const MIB = 1024 * 1024;
const ENVIRONMENT = { AWS_ACCESS_KEY_ID: 'example-key', AWS_SECRET_ACCESS_KEY: 'MARKER-SECRET' };

describe('the example on S3', function () {
  this.timeout(180_000);
  let s3: Fauxqs;

  before(async () => {
    s3 = await fauxqs();
  });

  after(() => s3.stop());

  it('keeps data in the bucket, under the prefix, and tells no secret', async () => {
    const bucket = await s3.bucket();
    const flags = [
      '--blobs',
      `s3://${bucket}/some/where`,
      '--s3-endpoint',
      s3.proxy.url,
      '--log-level',
      'debug',
    ];
    const server = await startExample(flags, ENVIRONMENT);
    const id = '00000000-0000-4000-8000-000000000001';
    try {
      const data = randomBytes(3 * MIB);
      assert.equal(await upload({ url: server.url, id, length: data.length }, data), 201);
      const listed = await (await fetch(`${s3.proxy.url}/${bucket}?list-type=2`)).text();
      const keys = [...listed.matchAll(/<Key>([^<]+)</g)].map(([, key]) => key ?? '');
      assert.deepEqual(keys.map((key) => key.replace(/[0-9a-f-]{30,}$/, 'key')).sort(), [
        'some/where/blobs/key',
        'some/where/registry-mark',
      ]);
      assert.deepEqual(await download(server.url, id), digestOf(data));
      assert.equal(await remove(server.url, id), 200);
      const left = await (await fetch(`${s3.proxy.url}/${bucket}?list-type=2`)).text();
      assert.ok(!left.includes('blobs/'));
    } finally {
      const { code, stdout, stderr } = await server.stop();
      assert.equal(code, 0, stderr);
      assert.ok(!`${stdout}${stderr}`.includes('MARKER'));
    }
  });

  it('says in one line why it cannot start', async () => {
    const cases: [string[], RegExp][] = [
      [
        ['--blobs', 's3://no-such-bucket', '--s3-endpoint', s3.proxy.url],
        /there is no bucket no-such-bucket/,
      ],
      [
        ['--blobs', 's3://user:MARKER@bucket'],
        /^--blobs must be one of disk\|memory\|redis.*s3:\/\/bucket\/prefix/,
      ],
      [['--blobs', 's3://bucket/a//b'], /prefix must/],
    ];
    for (const [flags, message] of cases) {
      const { code, stderr } = await runExample(flags, ENVIRONMENT);
      assert.ok(code === 1 || code === 2, stderr);
      const lines = stderr.trim().split('\n');
      assert.match(lines.at(-1) ?? '', message);
      assert.ok(!stderr.includes('MARKER'));
    }
  });
});
