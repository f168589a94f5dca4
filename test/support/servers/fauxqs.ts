import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { S3Proxy, type S3Fault, type S3Request } from './s3-proxy.js';

/** fauxqs takes bodies of at most 11 MiB. */
export const FAUXQS_PART = 5 * 1024 * 1024;
export const FAUXQS_OPTIONS = {
  region: 'us-east-1',
  credentials: { accessKeyId: 'anyone', secretAccessKey: 'anything' },
};

/** fauxqs, and before it what it lacks: a list of uploads, and a limit of its bytes. Neither checks signatures. */
export interface Fauxqs {
  readonly proxy: S3Proxy;
  /** Makes a bucket. @param limit bytes that it takes; default: no limit */
  bucket(limit?: number): Promise<string>;
  /** Keys of the uploads that go on in a bucket. */
  uploads(bucket: string): string[];
  stop(): Promise<void>;
}

interface Bucket {
  readonly limit: number;
  /** Bytes by key, or by key and part. */
  readonly used: Map<string, number>;
}

export async function fauxqs(): Promise<Fauxqs> {
  const script = fileURLToPath(new URL('fauxqs-child.ts', import.meta.url));
  const server = fork(script, {
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const exited = once(server, 'exit');
  const [port] = (await Promise.race([once(server, 'message'), exited])) as [number];
  const url = `http://127.0.0.1:${port}`;
  const proxy = await S3Proxy.start(url);
  const buckets = new Map<string, Bucket>();
  const uploads = new Map<string, { readonly bucket: string; readonly key: string; readonly begun: Date }>();

  const list = (bucket: string, prefix: string): string =>
    [...uploads]
      .filter(([, upload]) => upload.bucket === bucket && upload.key.startsWith(prefix))
      .map(
        ([id, { key, begun }]) =>
          `<Upload><Key>${key}</Key><UploadId>${id}</UploadId><Initiated>${begun.toISOString()}</Initiated></Upload>`,
      )
      .join('');

  const lacking = ({ operation, path, query, headers }: S3Request): S3Fault | null => {
    const [bucket, key] = placeOf(path);
    if (operation === 'ListUploads') {
      const found = list(bucket, query.get('prefix') ?? '');
      const body = `<ListMultipartUploadsResult><IsTruncated>false</IsTruncated>${found}</ListMultipartUploadsResult>`;
      return { answer: 200, code: '', body };
    }
    if (operation !== 'PutObject' && operation !== 'UploadPart') return null;
    const { limit = Infinity, used = new Map<string, number>() } = buckets.get(bucket) ?? {};
    const bytes = Number(headers['content-length']);
    const sum = [...used.values()].reduce((total, one) => total + one, bytes);
    if (sum > limit) return { answer: 403, code: 'QuotaExceeded' };
    used.set(`${key} ${query.get('partNumber') ?? ''}`, bytes);
    return null;
  };
  proxy.complete = lacking;
  proxy.answered = ({ operation, path, query }, status, text) => {
    const [bucket, key] = placeOf(path);
    if (status >= 300) return;
    const id = query.get('uploadId') ?? /<UploadId>([^<]+)</.exec(text)?.[1] ?? '';
    if (operation === 'BeginUpload') uploads.set(id, { bucket, key, begun: new Date() });
    if (operation === 'CompleteUpload' || operation === 'AbortUpload') uploads.delete(id);
    const used = buckets.get(bucket)?.used ?? new Map<string, number>();
    if (operation === 'DeleteObject' || operation === 'AbortUpload')
      for (const name of used.keys()) if (name.startsWith(`${key} `)) used.delete(name);
  };
  return {
    proxy,
    bucket: async (limit = Infinity) => {
      const name = `bucket-${crypto.randomUUID()}`;
      buckets.set(name, { limit, used: new Map() });
      assert.equal((await fetch(`${url}/${name}`, { method: 'PUT' })).status, 200);
      return name;
    },
    uploads: (bucket) => [...uploads.values()].filter((one) => one.bucket === bucket).map(({ key }) => key),
    stop: async () => {
      await proxy.stop();
      server.kill();
      await exited;
    },
  };
}

function placeOf(path: string): [bucket: string, key: string] {
  const [, bucket = '', ...key] = path.split('/');
  return [bucket, decodeURIComponent(key.join('/'))];
}
