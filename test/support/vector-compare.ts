import { createHash } from 'node:crypto';
import type { Answer, Variables } from './vector-request.js';
import { fill } from './vector-request.js';
import type { Step } from './vectors.js';

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z?$/;
const UUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/;
/** Documented keys that the recorded server did not send. */
const MAY_ADD = new Set(['uri', 'next', 'previous']);

/** Every difference between the answer and the recorded reply, in words; none when they agree. */
export function compareStep(step: Step, answer: Answer, variables: Variables): string[] {
  const { reply } = step;
  const faults: string[] = [];
  if (answer.status !== reply.status) {
    faults.push(`status: wanted ${reply.status}, have ${answer.status} ${excerpt(answer.body)}`);
  }
  for (const [name, want] of Object.entries(reply.headers ?? {})) {
    faults.push(...compareHeader(name, want, answer.headers[name], variables));
  }
  if (reply.status < 400 && reply.headers !== undefined) faults.push(...unasked(reply.headers, answer));
  if (reply.json !== undefined) faults.push(...compareJson(reply.json, answer.body, variables));
  if (reply.data !== undefined) {
    const md5 = createHash('md5').update(answer.body).digest('hex');
    if (answer.body.length !== reply.data.length || md5 !== reply.data.md5) {
      faults.push(
        `data: wanted ${reply.data.length} bytes ${reply.data.md5}, have ${answer.body.length} bytes ${md5}`,
      );
    }
  }
  return faults;
}

function compareHeader(
  name: string,
  want: string,
  raw: string | string[] | undefined,
  variables: Variables,
): string[] {
  const have = raw === undefined ? undefined : Buffer.from(String(raw), 'latin1').toString('utf8');
  const filled = fill(want, variables);
  const fault = `header ${name}: wanted ${filled}, have ${String(have)}`;
  switch (name) {
    case 'allow':
      return methods(want) === methods(have ?? '') ? [] : [fault];
    case 'content-type':
      return (have ?? '').toLowerCase().startsWith(want) ? [] : [fault];
    case 'location':
      return (have ?? '').endsWith(filled) ? [] : [fault];
    default:
      return differences(want, have, `header ${name}`, variables);
  }
}

function methods(allow: string): string {
  return allow
    .split(/\s*,\s*/)
    .sort()
    .join();
}

function unasked(wanted: Readonly<Record<string, string>>, answer: Answer): string[] {
  return Object.keys(answer.headers)
    .filter((name) => name.startsWith('x-image-meta-') && !Object.hasOwn(wanted, name))
    .map((name) => `header ${name} is there, unasked: ${String(answer.headers[name])}`);
}

function compareJson(want: unknown, body: Buffer, variables: Variables): string[] {
  try {
    return differences(want, JSON.parse(body.toString()), 'body', variables);
  } catch {
    return [`body is no JSON: ${excerpt(body)}`];
  }
}

function differences(want: unknown, have: unknown, at: string, variables: Variables): string[] {
  const fault = (what: string) => [`${at}: wanted ${what}, have ${JSON.stringify(have)}`];
  if (want === '${time}') return TIME.test(String(have)) ? [] : fault('a time');
  if (want === '${uuid}') return UUID.test(String(have)) ? [] : fault('a uuid');
  if (typeof want === 'string') {
    const filled = fill(want, variables);
    return filled === have ? [] : fault(JSON.stringify(filled));
  }
  if (Array.isArray(want)) {
    if (!Array.isArray(have) || have.length !== want.length) return fault(`${want.length} items`);
    return want.flatMap((item, index) => differences(item, have[index], `${at}[${index}]`, variables));
  }
  if (isObject(want)) {
    if (!isObject(have)) return fault('an object');
    const missing = Object.entries(want).flatMap(([key, value]) =>
      Object.hasOwn(have, key)
        ? differences(value, have[key], `${at}.${key}`, variables)
        : [`${at}.${key} is missing`],
    );
    const extra = Object.keys(have)
      .filter((key) => !Object.hasOwn(want, key) && !MAY_ADD.has(key))
      .map((key) => `${at}.${key} is there, unasked: ${JSON.stringify(have[key])}`);
    return [...missing, ...extra];
  }
  return Object.is(want, have) ? [] : fault(JSON.stringify(want));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function excerpt(body: Buffer): string {
  return body.subarray(0, 160).toString();
}
