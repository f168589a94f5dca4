import http from 'node:http';

export interface Answer {
  readonly status: number;
  /** As Node gives them: every character is one byte. */
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
}

export interface Question {
  /** Default GET. */
  readonly method?: string;
  /** Names and values are sent as UTF-8 bytes. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
  /** Send the body in chunks, without Content-Length. */
  readonly chunked?: boolean;
}

/**
 * Sends one request on a connection of its own. The path goes out as it is, not normalised.
 *
 * @throws Error when the connection breaks before the answer is whole, or no answer comes within 30 s
 */
export function ask(url: string, question: Question = {}): Promise<Answer> {
  const { body, chunked = false } = question;
  const request = start(url, question, body === undefined ? {} : framing(body, chunked));
  const answer = answerTo(request);
  request.end(body);
  return answer;
}

/** Begins a request whose body the caller sends bit by bit. */
export function start(
  url: string,
  { method = 'GET', headers = {} }: Question,
  more: Readonly<Record<string, string>> = {},
): http.ClientRequest {
  const [, hostname, port, path = ''] = /^http:\/\/([^/:]+):(\d+)(.*)$/s.exec(url) ?? [];
  const wire = Object.entries({ ...headers, ...more }).map(([name, value]) => [name, bytes(value)] as const);
  return http.request({
    hostname,
    port,
    method,
    path: path === '' ? '/' : path,
    headers: Object.fromEntries(wire),
    agent: false,
    maxHeaderSize: 1024 * 1024,
  });
}

/** The whole answer to a request; what breaks the rest of the request once it is there does not matter. */
export function answerTo(request: http.ClientRequest): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request.setTimeout(30_000, () => request.destroy(new Error('no answer in 30 s')));
    let answered = false;
    request.on('response', (response) => {
      answered = true;
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', reject);
      response.on('end', () => {
        const body = Buffer.concat(parts);
        const { statusCode = 0, headers } = response;
        resolve({ status: statusCode, headers, body, text: body.toString() });
        request.destroy();
      });
    });
    request.on('error', (error) => {
      if (!answered) reject(error);
    });
  });
}

/** Node writes each character as one byte: the form of a text that goes out as UTF-8. */
function bytes(text: string): string {
  return Buffer.from(text).toString('latin1');
}

function framing(body: Buffer | string, chunked: boolean): Record<string, string> {
  return chunked ? { 'transfer-encoding': 'chunked' } : { 'content-length': String(Buffer.byteLength(body)) };
}
