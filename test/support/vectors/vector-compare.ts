import { createHash } from 'node:crypto';
import { jsonDifferences, type Rules } from './json-differences.js';
import type { Answer, Variables } from './vector-request.js';
import { fill } from './vector-request.js';
import type { Step } from './vectors.js';

/** Documented keys that the recorded v1 server did not send. */
const MAY_ADD = new Set(['uri', 'next', 'previous']);

/** Every difference between the answer and the recorded reply, in words; none when they agree. */
export function compareStep(step: Step, answer: Answer, variables: Variables): string[] {
  const { reply } = step;
  const rules = { loose: false, mayAdd: step.request.path.startsWith('/v2') ? new Set<string>() : MAY_ADD };
  const faults: string[] = [];
  if (answer.status !== reply.status) {
    faults.push(`status: wanted ${reply.status}, have ${answer.status} ${excerpt(answer.body)}`);
  }
  for (const [name, want] of Object.entries(reply.headers ?? {})) {
    faults.push(...compareHeader(name, want, answer.headers[name], variables, rules));
  }
  if (reply.status < 400 && reply.headers !== undefined) faults.push(...unasked(reply.headers, answer));
  if (reply.json !== undefined) faults.push(...compareJson(reply.json, answer.body, variables, rules));
  if (reply.part !== undefined)
    faults.push(...compareJson(reply.part, answer.body, variables, { ...rules, loose: true }));
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
  rules: Rules,
): string[] {
  const have = raw === undefined ? undefined : Buffer.from(String(raw), 'latin1').toString('utf8');
  const filled = fill(want, variables);
  const fault = `header ${name}: wanted ${filled}, have ${String(have)}`;
  if (name === 'allow' || name === 'accept-patch' || name.startsWith('openstack-image-'))
    return listed(want) === listed(have ?? '') ? [] : [fault];
  switch (name) {
    case 'content-type':
      return (have ?? '').toLowerCase().startsWith(want) ? [] : [fault];
    case 'location':
      return (have ?? '').endsWith(filled) ? [] : [fault];
    default:
      return jsonDifferences(want, have, `header ${name}`, variables, rules);
  }
}

/** A list in a header, in any order. */
function listed(header: string): string {
  return header
    .split(/\s*,\s*/)
    .sort()
    .join();
}

function unasked(wanted: Readonly<Record<string, string>>, answer: Answer): string[] {
  return Object.keys(answer.headers)
    .filter((name) => name.startsWith('x-image-meta-') && !Object.hasOwn(wanted, name))
    .map((name) => `header ${name} is there, unasked: ${String(answer.headers[name])}`);
}

function compareJson(want: unknown, body: Buffer, variables: Variables, rules: Rules): string[] {
  let have: unknown;
  try {
    have = JSON.parse(body.toString());
  } catch {
    return [`body is no JSON: ${excerpt(body)}`];
  }
  return jsonDifferences(want, have, 'body', variables, rules);
}

function excerpt(body: Buffer): string {
  return body.subarray(0, 160).toString();
}
