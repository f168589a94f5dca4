import { FORM, field, file, formOf } from '../clients/form.js';
import { FORMATS, OCTETS } from '../clients/images-client.js';
import type { Question } from '../clients/ask.js';

const put = (question: Question = {}): Question => ({ ...question, method: 'PUT' });
const meta = (headers: Readonly<Record<string, string>>): Question => put({ headers });
const json = (body: string): Question => put({ headers: { 'content-type': 'application/json' }, body });

/** What one can ask about an image, well-formed or not, as paths behind `/v1/images/{id}`. */
const ABOUT_IMAGE: readonly (readonly [string, Question])[] = [
  ['', { method: 'HEAD' }],
  ['', {}],
  ['?query=x', {}],
  ['', { headers: { accept: 'application/json' } }],
  ['', { headers: { range: 'bytes=0-1' } }],
  ['', { headers: { range: 'bytes=99-' } }],
  ['', { headers: { range: 'bytes=0-1', 'if-range': '8d777f385d3dfec8815d20f7496026dc' } }],
  ['', { headers: { 'if-none-match': '*' } }],
  ['', { headers: { 'if-none-match': '8d777f385d3dfec8815d20f7496026dc' } }],
  ['', { headers: { 'if-match': '*', 'if-unmodified-since': 'Thu, 01 Jan 1970 00:00:00 GMT' } }],
  ['', put()],
  ['', meta({ 'x-image-meta-name': 'new' })],
  ['', meta({ 'x-image-meta-name': 'x'.repeat(256) })],
  ['', meta({ 'x-image-meta-colour': 'red' })],
  ['', meta({ 'x-image-meta-min_ram': '-1' })],
  ['', meta({ 'x-image-meta-id': crypto.randomUUID() })],
  ['', meta({ 'x-image-meta-status': 'deleted' })],
  ['', meta({ 'x-image-meta-size': '5' })],
  ['', meta({ 'x-image-meta-owner': 'black' })],
  ['', meta({ 'x-image-meta-is_public': 'true' })],
  ['', meta({ 'x-image-meta-store': 'nowhere' })],
  ['', meta({ 'x-image-meta-location': 'http://127.0.0.1:1/x' })],
  ['', meta({ 'x-image-meta-disk_format': 'odd' })],
  ['', meta({ 'x-image-meta-property-colour': 'blue', 'x-glance-registry-purge-props': 'false' })],
  ['', put({ headers: OCTETS, body: 'other' })],
  ['', put({ headers: OCTETS, body: 'other', chunked: true })],
  ['', put({ headers: { ...OCTETS, ...FORMATS, 'x-image-meta-checksum': '0' }, body: 'other' })],
  ['', put({ headers: { 'content-type': 'text/plain' }, body: 'other' })],
  ['', json('{"name":"new"}')],
  ['', put({ headers: FORM, body: formOf(field('name', 'new'), file('other')) })],
  ['', put({ headers: FORM, body: 'no form' })],
  ['', { method: 'DELETE' }],
  ['', { method: 'DELETE', headers: OCTETS, body: 'body' }],
  ['', { method: 'POST' }],
  ['', { method: 'PATCH' }],
  ['', { method: 'OPTIONS' }],
  ['/members', {}],
  ['/members', { method: 'HEAD' }],
  ['/members', json('{"memberships":[{"member_id":"white"}]}')],
  ['/members', json('{"memberships":[]}')],
  ['/members', json('{"memberships":[{}]}')],
  ['/members', json('{"memberships":{}}')],
  ['/members', json('{"member')],
  ['/members', put()],
  ['/members/green', {}],
  ['/members/green', put()],
  ['/members/white', put()],
  ['/members/white', json('{"member":{"can_share":true}}')],
  ['/members/white', json('{"member":{"can_share":"yes"}}')],
  ['/members/white', json('{"member')],
  [`/members/${'x'.repeat(256)}`, put()],
  ['/members/green', { method: 'DELETE' }],
  ['/members/white', { method: 'DELETE' }],
  ['/file', {}],
];

/** What one can ask of listings about an image. */
const ABOUT_MARKER: readonly string[] = [
  '/v1/images?marker=',
  '/v1/images/detail?marker=',
  '/v1/images?sort_key=name&sort_dir=asc&marker=',
  '/v1/images?limit=0&marker=',
  '/v1/images?name=nothing&is_public=none&marker=',
  '/v1/images?changes-since=2000-01-01&marker=',
];

/** Every question about an image of that id. */
export function questionsAbout(id: string): (readonly [path: string, question: Question])[] {
  const forms = [id.toUpperCase(), id.replaceAll('-', ''), `${id}/`];
  return [
    ...ABOUT_IMAGE.map(([rest, question]) => [`/v1/images/${id}${rest}`, question] as const),
    ...forms.map((form) => [`/v1/images/${form}`, {}] as const),
    ...ABOUT_MARKER.map((path) => [path + id, {}] as const),
  ];
}

/** Every listing in which an image of that name and of these members could leave a trace. */
export function listingsAbout(name: string, projects: readonly string[]): string[] {
  const queries = [
    'limit=1000',
    'limit=1',
    `name=${encodeURIComponent(name)}`,
    'property-colour=red',
    'size_min=4&size_max=4',
    'disk_format=raw&sort_key=size',
    'changes-since=2000-01-01',
    'status=queued',
    'status=deleted&changes-since=2000-01-01',
    'protected=true',
    'is_public=false',
    'is_public=none&sort_key=name&sort_dir=asc',
  ];
  return [
    ...queries.flatMap((query) => [`/v1/images?${query}`, `/v1/images/detail?${query}`]),
    ...projects.map((project) => `/v1/shared-images/${project}`),
  ];
}
