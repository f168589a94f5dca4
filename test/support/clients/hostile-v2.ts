import fc from 'fast-check';
import { bytes, headers, methods, mutated, TARGET, text, value, type Hostile } from './hostile-requests.js';

const NAMES =
  `id name status visibility owner tags size protected os_hidden min_ram locations location self stores kernel_id
  os_glance_x __proto__ constructor x`.split(/\s+/);

const attribute = fc.oneof(fc.constantFrom(...NAMES), fc.string({ maxLength: 12 }));
const jsonText = fc.oneof(
  fc.json(),
  fc.constantFrom(
    '',
    '{',
    '[',
    'null',
    '"\\u0000"',
    '"\\ud800"',
    '{"a":1,"a":2}',
    '{"__proto__":{"admin":true}}',
  ),
  fc.nat(3000).map((depth) => '['.repeat(depth) + ']'.repeat(depth)),
  fc.nat(3000).map((depth) => '{"a":'.repeat(depth)),
);
const image = fc
  .array(fc.tuple(attribute, fc.jsonValue()), { maxLength: 6 })
  .map((pairs) => JSON.stringify(Object.fromEntries(pairs)));

const json =
  (method: string, path: string, type: string) =>
  (body: string | Buffer): Hostile => ({
    method,
    path,
    headers: [['content-type', type]],
    body: Buffer.from(body),
  });

/** New images of any kind. */
export const withNewImage = fc
  .oneof(jsonText, image, mutated(Buffer.from('{"name":"n","tags":["a"],"min_ram":5,"distro":"ü"}')), bytes)
  .map(json('POST', '/v2/images', 'application/json'));

const path = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc
    .array(fc.oneof(attribute, fc.constantFrom('-', '0', '~0', '~1', '~', '', ' ')), { maxLength: 3 })
    .map((parts) => ['', ...parts].join('/')),
);
const op = fc.constantFrom('add', 'replace', 'remove', 'test', 'move');
const operation = fc.oneof(
  fc.record({ op, path, value: fc.jsonValue() }, { requiredKeys: [] }),
  fc.record({ add: path, replace: path, remove: path, value: fc.jsonValue() }, { requiredKeys: [] }),
  fc.jsonValue(),
);

/** PATCH of any kind, on an image. */
export const withPatch = (id: string): fc.Arbitrary<Hostile> =>
  fc
    .tuple(
      fc.oneof(
        fc.array(operation, { maxLength: 6 }).map((all) => JSON.stringify(all)),
        jsonText,
        mutated(Buffer.from('[{"op":"add","path":"/a~1b","value":"c"},{"op":"remove","path":"/x"}]')),
      ),
      fc.constantFrom('2.0', '2.1', '2.1', '2.2'),
    )
    .map(([body, version]) =>
      json('PATCH', `/v2/images/${id}`, `application/openstack-images-v${version}-json-patch`)(body),
    );

/** Members of any kind, and answers of theirs, on an image. */
export const withMember = (id: string): fc.Arbitrary<Hostile> =>
  fc
    .tuple(
      fc.constantFrom('POST', 'PUT'),
      fc.oneof(
        fc.constantFrom('', '/blue', '/green', '/%00'),
        text(TARGET, 20).map((member) => `/${member}`),
      ),
      fc.oneof(
        jsonText,
        fc.record({ member: fc.oneof(fc.string(), fc.jsonValue()) }).map((body) => JSON.stringify(body)),
        fc
          .record({ status: fc.oneof(fc.constantFrom('accepted', 'rejected'), fc.jsonValue()) })
          .map((body) => JSON.stringify(body)),
        mutated(Buffer.from('{"member":"green"}')),
        bytes,
      ),
    )
    .map(([method, member, body]) =>
      json(method, `/v2/images/${id}/members${member}`, 'application/json')(body),
    );

/** Any headers, on the paths of images. */
export const withV2Headers = (id: string): fc.Arbitrary<Hostile> =>
  fc
    .record({
      method: methods,
      path: fc.constantFrom(
        '/v2/images',
        `/v2/images/${id}`,
        `/v2/images/${id}/members`,
        '/v2/schemas/image',
      ),
      headers,
      body: fc.option(bytes),
    })
    .map(({ body, ...request }): Hostile => ({ ...request, ...(body === null ? {} : { body }) }));

const PARAMETERS =
  `name id status disk_format container_format created_at updated_at owner checksum size size_min size_max
  min_ram_min virtual_size_max protected os_hidden visibility member_status tag sort sort_key sort_dir limit marker changes-since
  deleted distro __proto__`.split(/\s+/);
const word = fc.constantFrom(
  'eq:',
  'in:',
  'gt:',
  'neq:',
  'name:',
  'asc',
  ',',
  '%22',
  '%5C',
  '2026-01-02T03:04:05Z',
  '%00',
  '%zz',
);
const queryValue = fc.array(fc.oneof(word, text(TARGET, 6)), { maxLength: 4 }).map((parts) => parts.join(''));

/** Any query, on the lists. */
export const withListQuery = fc
  .tuple(
    fc.constantFrom('/v2/images', '/v2/images', '/v2/tasks'),
    fc.oneof(
      text(TARGET, 80),
      fc
        .array(fc.tuple(fc.constantFrom(...PARAMETERS), queryValue), { maxLength: 6 })
        .map((all) => all.map(([key, given]) => `${key}=${given}`).join('&')),
    ),
  )
  .map(([start, query]): Hostile => ({ method: 'GET', path: `${start}?${query}`, headers: [] }));

/** Any path of v2, by any method, with and without a body. */
export const withV2Path = (id: string): fc.Arbitrary<Hostile> =>
  fc
    .record({
      method: methods,
      start: fc.constantFrom(
        ...[
          '/v2/',
          '/v2/images/',
          `/v2/images/${id}/`,
          `/v2/images/${id}/tags/`,
          `/v2/images/${id}/members/`,
        ],
        ...[
          '/v2/schemas/',
          '/v2/info/',
          '/v2/tasks/',
          '/v2/stores/',
          '/v2.',
          '//v2/',
          `/v2/images/${id}/actions/`,
        ],
      ),
      rest: fc.oneof(
        text(TARGET, 30),
        fc.constantFrom('file', 'members', 'tasks', 'deactivate', 'image', 'usage'),
      ),
      headers: fc.array(fc.tuple(fc.constantFrom('accept', 'content-type', 'x-image-meta-store'), value), {
        maxLength: 2,
      }),
      body: fc.option(bytes),
    })
    .map(({ method, start, rest, headers, body }): Hostile => ({
      method,
      path: start + rest,
      headers,
      ...(body === null ? {} : { body }),
    }));

const RANGES =
  `range content-range if-range if-none-match x-openstack-image-size x-image-meta-store content-type
  accept`.split(/\s+/);

/** Data of an image, with any of the headers that say something of it. */
export const withData = (id: string): fc.Arbitrary<Hostile> =>
  fc
    .record({
      method: fc.constantFrom('GET', 'HEAD', 'PUT'),
      headers: fc.array(
        fc.tuple(
          fc.constantFrom(...RANGES),
          fc.oneof(
            value,
            fc.constantFrom('bytes=0-1', 'bytes=-0', 'bytes 0-1/*', 'application/octet-stream', '5'),
          ),
        ),
        { maxLength: 4 },
      ),
      body: fc.option(bytes),
    })
    .map(({ method, headers, body }): Hostile => ({
      method,
      path: `/v2/images/${id}/file`,
      headers,
      ...(body === null || method !== 'PUT' ? {} : { body }),
    }));
