import http, { type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import https from 'node:https';
import { withDeadline } from '../deadline.js';
import { isRegistryError, RegistryError } from '../errors.js';

/** What Keystone answered, whatever its status. */
export interface KeystoneAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The JSON value of the body; null when it is none. */
  readonly body: unknown;
}

export interface KeystoneRequest {
  readonly method: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: object;
}

/** Answers about tokens are asked for without the catalogue and stay far below this. */
const MOST_BYTES = 1024 * 1024;
/** Requests to Keystone at the same time; more wait. */
const MOST_CONNECTIONS = 32;

/** Talks HTTP with a Keystone, over connections that are kept. */
export class KeystoneClient {
  readonly #url: URL;
  readonly #deadline: number;
  readonly #agent: http.Agent;

  /**
   * @param root address without `/v3`
   * @param deadline ms for one request
   * @param ca PEM
   */
  constructor(root: string, deadline: number, ca: string | undefined) {
    this.#url = new URL(`${root}/v3/auth/tokens?nocatalog`);
    this.#deadline = deadline;
    const pool = { keepAlive: true, maxSockets: MOST_CONNECTIONS };
    this.#agent =
      this.#url.protocol === 'https:'
        ? new https.Agent(ca === undefined ? pool : { ...pool, ca })
        : new http.Agent(pool);
  }

  /**
   * Sends a request to `/v3/auth/tokens` (Identity API v3, "Authentication and token management").
   * @throws RegistryError `unavailable` when no whole answer comes in time
   */
  async tokens(request: KeystoneRequest): Promise<KeystoneAnswer> {
    try {
      return await withDeadline(
        (signal) => this.#send(request, signal),
        this.#deadline,
        'a request to Keystone',
      );
    } catch (error) {
      if (isRegistryError(error)) throw error;
      throw this.fault('cannot be reached', error);
    }
  }

  /** An outage of this Keystone, in words for the log. */
  fault(what: string, cause?: unknown): RegistryError {
    return new RegistryError('unavailable', `Keystone at ${this.#url.origin} ${what}`, { cause });
  }

  close(): void {
    this.#agent.destroy();
  }

  #send(request: KeystoneRequest, signal: AbortSignal): Promise<KeystoneAnswer> {
    const { request: start } = this.#url.protocol === 'https:' ? https : http;
    const body = request.body === undefined ? '' : JSON.stringify(request.body);
    const headers = {
      ...request.headers,
      accept: 'application/json',
      ...(body === ''
        ? {}
        : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
    };
    return new Promise((resolve, reject) => {
      let answered = false;
      const sent = start(this.#url, { method: request.method, headers, agent: this.#agent, signal });
      sent.once('response', (response) => {
        answered = true;
        readAnswer(response).then(resolve, reject);
      });
      sent.on('error', (error) => {
        // Keystone may close a kept connection just when it is used again. Both requests are safe to repeat.
        if (sent.reusedSocket && !answered && !signal.aborted)
          this.#send(request, signal).then(resolve, reject);
        else reject(error);
      });
      sent.end(body);
    });
  }
}

async function readAnswer(response: IncomingMessage): Promise<KeystoneAnswer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > MOST_BYTES) throw new Error(`an answer of more than ${MOST_BYTES} bytes`);
    parts.push(part);
  }
  const { statusCode: status = 0, headers } = response;
  return { status, headers, body: jsonOf(Buffer.concat(parts).toString('utf8')) };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
