import fc from 'fast-check';
import { field, file, formOf } from './form.js';

/** A request as bytes may say it; every character is one byte. */
export interface Hostile {
  readonly method: string;
  /** Below the mount. */
  readonly path: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body?: Buffer;
}

const from = (first: number, last: number): string[] =>
  Array.from({ length: last - first + 1 }, (_, n) => String.fromCharCode(first + n));

export const text = (characters: readonly string[], maxLength: number): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...characters), { maxLength }).map((all) => all.join(''));

/** What may stand in a header's value. */
const VALUE = ['\t', ...from(0x20, 0x7e), ...from(0x80, 0xff)];
const TOKEN = from(0x21, 0x7a).filter((character) => /[!#$%&'*+.^_`|~0-9a-z-]/.test(character));
/** What Node lets pass in a request line. */
export const TARGET = [...from(0x21, 0x7e), '%', '%', '/', '&', '=', '\xc3', '\xff'];

export const value = fc.oneof(
  text(VALUE, 40),
  fc.constantFrom(
    '',
    'true',
    '-1',
    '0',
    '99999999999999999999',
    '1e5',
    'raw',
    'ami',
    'bare',
    '%',
    '%00',
    '%c3',
    '\xff\xfe',
    '2020-01-01T00:00:00Z',
    '0000-00-00',
    'http://127.0.0.1:1/',
    'file:///etc/passwd',
    '__proto__',
    '*',
    'bytes=0-',
    'bytes=-1,5-',
    'W/"x"',
    'python-glanceclient',
    'a:b:c',
    'null',
    'application/json',
    'multipart/form-data; boundary=x',
    'application/vnd.openstack.images-v1',
  ),
);

const FIELDS =
  `location size is_public disk_format container_format name status copy_from uri checksum created_at
  updated_at deleted_at min_ram min_disk owner store id protected deleted virtual_size property-x property-__proto__`
    .split(/\s+/)
    .map((name) => `x-image-meta-${name}`);
const OTHERS = [
  ...['range', 'if-range', 'if-none-match', 'accept', 'user-agent', 'origin', 'content-type'],
  ...[
    'x-openstack-request-id',
    'x-glance-registry-purge-props',
    'x-glance-api-copy-from',
    'x-forwarded-proto',
  ],
  ...['x-forwarded-host', 'x-forwarded-for', 'cookie', '__proto__', 'constructor', 'host'],
];
const name = fc.oneof(
  fc.constantFrom(...FIELDS),
  fc.constantFrom(...OTHERS),
  text(TOKEN, 30).map((end) => `x-image-meta-${end}`),
  text(TOKEN, 300).map((end) => `x-image-meta-property-${end}`),
);
export const headers = fc.array(fc.tuple(name, value), { maxLength: 8 });

export const bytes = fc.uint8Array({ maxLength: 200 }).map((all) => Buffer.from(all));
export const methods = fc.constantFrom(
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'PATCH',
  'OPTIONS',
  'TRACE',
  'LOCK',
);

/** Any headers with any body, on the paths of images. */
export const withHeaders = (id: string): fc.Arbitrary<Hostile> =>
  fc
    .record({
      method: fc.constantFrom('GET', 'HEAD', 'POST', 'PUT'),
      headers,
      body: fc.option(bytes),
    })
    .map(({ method, headers, body }): Hostile => {
      const path = method === 'POST' ? '/v1/images' : `/v1/images/${id}`;
      return { method, path, headers, ...(body === null ? {} : { body }) };
    });

const PARAMETERS = `name status container_format disk_format min_ram min_disk size_min size_max changes-since
  protected is_public property-x limit marker sort_key sort_dir __proto__`.split(/\s+/);

/** Any query, on the listings. */
export const withQuery = fc
  .record({
    path: fc.constantFrom('/v1/', '/v1/images', '/v1/images/detail'),
    query: fc.oneof(
      text(TARGET, 80),
      fc
        .array(fc.tuple(fc.constantFrom(...PARAMETERS), fc.oneof(text(TARGET, 12), value)), { maxLength: 4 })
        .map((all) => all.map(([key, given]) => `${key}=${given.replace(/[\t ]/g, '+')}`).join('&')),
    ),
  })
  .map(({ path, query }): Hostile => ({ method: 'GET', path: `${path}?${query}`, headers: [] }));

/** Any path, by any method. */
export const withPath = fc
  .record({
    method: methods,
    start: fc.constantFrom(
      '/',
      '/v1',
      '/v1/',
      '/v1/images/',
      '/v1/images/detail/',
      '/v2/',
      '/versions',
      '//',
    ),
    rest: text(TARGET, 30),
    headers: fc.array(fc.tuple(fc.constantFrom('accept'), value), { maxLength: 1 }),
  })
  .map(({ method, start, rest, headers }): Hostile => ({ method, path: start + rest, headers }));

/** Cuts, flips and repeats in a valid body. */
export const mutated = (whole: Buffer): fc.Arbitrary<Buffer> =>
  fc
    .record({
      flips: fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 5 }),
      cut: fc.option(fc.nat(whole.length), { nil: whole.length }),
      twice: fc.tuple(fc.nat(whole.length), fc.nat(whole.length), fc.boolean()),
    })
    .map(({ flips, cut, twice: [a, b, doubled] }) => {
      const copy = Buffer.from(whole);
      for (const [at, byte] of flips) copy[at] = byte;
      const kept = copy.subarray(0, cut);
      return doubled ? Buffer.concat([kept, copy.subarray(Math.min(a, b), Math.max(a, b)), kept]) : kept;
    });

const DOCUMENT = Buffer.from('{"image":{"name":"n","min_ram":5,"properties":{"a":"b","c":null},"size":3}}');

/** JSON of any kind, and what was JSON. */
export const withJson = fc
  .oneof(
    fc.json().map((json) => Buffer.from(json)),
    fc.jsonValue().map((properties) => Buffer.from(JSON.stringify({ properties }))),
    mutated(DOCUMENT),
    bytes,
  )
  .map((body): Hostile => ({
    method: 'POST',
    path: '/v1/images',
    headers: [['content-type', 'application/json']],
    body,
  }));

const FORM_BODY = formOf(
  field('name', 'ü'),
  field('disk_format', 'raw'),
  field('container_format', 'bare'),
  field('property-x', 'y'.repeat(300)),
  file(Buffer.alloc(500, '\r\n--')),
);

/** Forms of any kind, and what was a form. */
export const withForm = (id: string): fc.Arbitrary<Hostile> =>
  fc
    .record({
      put: fc.boolean(),
      type: fc.oneof(
        { arbitrary: fc.constant('multipart/form-data; boundary="frontier 4711"'), weight: 8 },
        text(VALUE, 20).map((end) => `multipart/form-data; boundary=${end}`),
      ),
      body: fc.oneof(
        mutated(FORM_BODY),
        fc
          .array(fc.tuple(text(VALUE, 300), fc.string({ maxLength: 20 }), fc.boolean()), { maxLength: 6 })
          .map((all) =>
            formOf(...all.map(([key, data, isFile]) => (isFile ? file(data, key) : field(key, data)))),
          ),
      ),
    })
    .map(({ put, type, body }): Hostile => {
      const [method, path] = put ? ['PUT', `/v1/images/${id}`] : ['POST', '/v1/images'];
      return { method, path, headers: [['content-type', type]], body };
    });
