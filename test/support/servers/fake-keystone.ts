import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';

export interface FakeToken {
  readonly user: string;
  /** Id of the project; null: a token without scope; `domain` and `system`: of such a scope. */
  readonly scope: { readonly project: string } | 'domain' | 'system' | null;
  readonly roles: readonly string[];
  /** ms since 1970 */
  readonly expires: number;
}

/** How a Keystone answers that does not work as it should. */
export type Fault = (request: IncomingMessage, response: ServerResponse) => void;

export const FAULTS = {
  'answers 500': (_request, response) => void response.writeHead(500).end('{"error":{"code":500}}'),
  'answers 503 with HTML': (_request, response) => void response.writeHead(503).end('<h1>busy</h1>'),
  'answers 429': (_request, response) => void response.writeHead(429).end(),
  redirects: (_request, response) => void response.writeHead(302, { location: '/elsewhere' }).end(),
  'is another server': (_request, response) => void response.writeHead(404).end('<h1>Not Found</h1>'),
  'answers 200 without JSON': (_request, response) => void response.end('welcome'),
  'answers 200 with another JSON': (_request, response) => void response.end('{"token":{"user":{"id":7}}}'),
  'breaks off': (_request, response) => {
    response.writeHead(200, { 'content-length': 1000 });
    response.write('{"token":', () => response.destroy());
  },
  'closes the connection': (request) => void request.socket.destroy(),
  'does not answer': () => undefined,
  'answers without an end': (_request, response) => {
    const more = (): void => {
      if (!response.destroyed) response.write(' '.repeat(65_536), more);
    };
    more();
  },
} as const satisfies Record<string, Fault>;

/** Key and certificate in PEM. */
export interface TlsFiles {
  readonly key: string;
  readonly cert: string;
}

/** A Keystone for tests: `/v3/auth/tokens` of the Identity API v3, and every fault one can ask for. */
export class FakeKeystone {
  readonly tokens = new Map<string, FakeToken>();
  /** Subject tokens in the order in which they were asked for. */
  readonly asked: string[] = [];
  /** Bodies of the requests for a token of the registry's own. */
  readonly logins: unknown[] = [];
  /** Connections that were made. */
  connections = 0;
  /** Seconds for which own tokens are good. */
  ownLifetime = 3600;
  /** What the login request is answered with in place of a token. */
  refuseLogin: 401 | 403 | null = null;
  /** Whether the registry's own role is too small to validate tokens. */
  forbidValidation = false;
  fault: Fault | null = null;
  readonly #own = new Set<string>();
  readonly #server: http.Server;
  readonly #scheme: string;
  #held: Promise<void> = Promise.resolve();

  private constructor(tls: TlsFiles | null) {
    const answer: http.RequestListener = (request, response) => void this.#answer(request, response);
    this.#server = tls === null ? http.createServer(answer) : https.createServer(tls, answer);
    this.#scheme = tls === null ? 'http' : 'https';
    this.#server.on('connection', () => (this.connections += 1));
  }

  /** @param tls to speak https */
  static async start(tls: TlsFiles | null = null): Promise<FakeKeystone> {
    const fake = new FakeKeystone(tls);
    await new Promise<void>((resolve) => fake.#server.listen(0, '127.0.0.1', resolve));
    return fake;
  }

  get url(): string {
    return `${this.#scheme}://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Forgets the tokens that the registry got for itself: it gets 401 with them. */
  revokeOwn(): void {
    this.#own.clear();
  }

  /** Answers wait until the returned function is called. */
  hold(): () => void {
    let release: () => void = () => undefined;
    this.#held = new Promise((resolve) => (release = resolve));
    return release;
  }

  /** Ends all connections; the next request finds them closed. */
  dropConnections(): void {
    this.#server.closeAllConnections();
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => {
        resolve();
      });
      this.#server.closeAllConnections();
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await textOf(request);
    const subject = request.headers['x-subject-token'];
    if (request.method === 'GET') this.asked.push(String(subject));
    else this.logins.push(JSON.parse(body));
    await this.#held;
    if (this.fault !== null) this.fault(request, response);
    else if (!request.url?.startsWith('/v3/auth/tokens')) refuse(response, 404);
    else if (request.method === 'POST') this.#login(response);
    else this.#validate(request, response, String(subject));
  }

  #login(response: ServerResponse): void {
    if (this.refuseLogin !== null) {
      refuse(response, this.refuseLogin);
      return;
    }
    const token = `own-${this.logins.length}`;
    this.#own.add(token);
    const expires = Date.now() + this.ownLifetime * 1000;
    response.writeHead(201, { 'x-subject-token': token });
    response.end(bodyOf({ user: 'images', scope: { project: 'service' }, roles: ['service'], expires }));
  }

  #validate(request: IncomingMessage, response: ServerResponse, subject: string): void {
    const token = this.tokens.get(subject);
    if (!this.#own.has(String(request.headers['x-auth-token']))) refuse(response, 401);
    else if (this.forbidValidation) refuse(response, 403);
    else if (token === undefined) refuse(response, 404);
    else response.writeHead(200, { 'x-subject-token': subject }).end(bodyOf(token));
  }
}

function bodyOf({ user, scope, roles, expires }: FakeToken): string {
  const of =
    scope === null
      ? {}
      : scope === 'domain'
        ? { domain: { id: 'default', name: 'Default' } }
        : scope === 'system'
          ? { system: { all: true } }
          : { project: { id: scope.project, name: 'any', domain: { id: 'default', name: 'Default' } } };
  return JSON.stringify({
    token: {
      methods: ['password'],
      user: { id: user, name: 'any', domain: { id: 'default', name: 'Default' } },
      ...of,
      ...(roles.length === 0 ? {} : { roles: roles.map((name) => ({ id: `id of ${name}`, name })) }),
      issued_at: new Date().toISOString(),
      expires_at: new Date(expires).toISOString(),
    },
  });
}

function refuse(response: ServerResponse, code: number): void {
  response.writeHead(code, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ error: { code, message: 'no', title: 'No' } }));
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const part of request.setEncoding('utf8') as AsyncIterable<string>) text += part;
  return text;
}
