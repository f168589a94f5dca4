import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Body, Step } from './vectors.js';

export type Variables = Map<string, string>;

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Puts the saved values in the place of `${name}`; names that nobody saved stay. */
export function fill(text: string, variables: Variables): string {
  return text.replace(/\$\{(\w+)\}/g, (whole, name: string) => variables.get(name) ?? whole);
}

/** Sends a step, and again while its `poll` asks for that, at most a hundred times; a refusal is an answer. */
export async function sendStep(baseUrl: string, step: Step, variables: Variables): Promise<Answer> {
  for (let attempts = 1; ; attempts += 1) {
    const answer = await sendOnce(baseUrl, step, variables);
    const { poll } = step;
    if (poll === undefined || answer.status >= 400 || attempts > 100 || isOver(poll, answer)) return answer;
    await sleep(100);
  }
}

function isOver(poll: NonNullable<Step['poll']>, answer: Answer): boolean {
  if ('header' in poll) return poll.in.includes(String(answer.headers[poll.header]));
  const json: unknown = JSON.parse(answer.body.toString());
  return Object.entries(poll.json).every(([path, values]) => values.includes(pick(json, path) ?? null));
}

/** What stands at a path of keys with dots between. */
export function pick(json: unknown, path: string): unknown {
  let value = json;
  for (const key of path.split('.')) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

function sendOnce(baseUrl: string, step: Step, variables: Variables): Promise<Answer> {
  const { method, path, chunked } = step.request;
  const body = bytesOf(step.request.body ?? null, variables);
  const headers: http.OutgoingHttpHeaders = {};
  for (const [name, value] of Object.entries(step.request.headers ?? {})) {
    // Node writes header text as latin1; v1 clients send UTF-8 bytes.
    headers[name] = Buffer.from(fill(value, variables), 'utf8').toString('latin1');
  }
  if (typeof step.as === 'string') headers['X-Auth-Token'] = step.as;
  if (body !== null && chunked !== true) headers['Content-Length'] = body.length;
  const { hostname, port, pathname } = new URL(baseUrl);
  const target = pathname.replace(/\/$/, '') + fill(path, variables);
  return new Promise((resolve, reject) => {
    const request = http.request({ hostname, port, method, path: target, headers, agent: false });
    request.setTimeout(60_000, () => request.destroy(new Error('no answer in 60 s')));
    let answered = false;
    request.on('response', (response) => {
      answered = true;
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', reject);
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) });
      });
    });
    // A server may answer and break off the rest of the request: the answer counts.
    request.on('error', (error) => {
      if (!answered) reject(error);
    });
    if (body !== null && chunked === true) {
      request.write(body.subarray(0, body.length >> 1));
      request.end(body.subarray(body.length >> 1));
    } else {
      request.end(body ?? undefined);
    }
  });
}

function bytesOf(body: Body | null, variables: Variables): Buffer | null {
  if (body === null) return null;
  if ('text' in body) return Buffer.from(fill(body.text, variables));
  if ('json' in body) return Buffer.from(fill(JSON.stringify(body.json), variables));
  return Buffer.alloc(body.size, body.repeat);
}
