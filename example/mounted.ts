/**
 * A host app with users, sessions and pages of its own, and two registries in it: `/images-api` knows callers by the app's
 * session, `/scratch` keeps everything in memory and believes what a token says.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import http from 'node:http';
import { pathToFileURL } from 'node:url';
import cookieSession from 'cookie-session';
import express, { type Express, type Request } from 'express';
import { createImageRegistry, devTokens, memoryStore, prepareServer } from 'express-image-registry';
import Keyv from 'keyv';

export interface User {
  readonly password: string;
  readonly project: string;
  readonly roles: readonly string[];
}

export interface HostOptions {
  /** Folder of the images under `/images-api`. */
  readonly dataDir: string;
  /** Signs the sessions. */
  readonly secret: string;
  readonly users: ReadonlyMap<string, User>;
}

export interface HostApp {
  readonly app: Express;
  /** Resolves when both registries can answer. */
  ready(): Promise<void>;
  close(): Promise<void>;
}

const HOUR = 3_600_000;

/** Builds the app; it does not listen yet. */
export function createApp({ dataDir, secret, users }: HostOptions): HostApp {
  const images = createImageRegistry({
    dataDir,
    authenticate: (request) => {
      const name = userOf(request as Request);
      const user = users.get(name);
      return user === undefined ? null : { user: name, project: user.project, roles: user.roles };
    },
  });
  const scratch = createImageRegistry({
    authenticate: devTokens(),
    metadata: new Keyv({ throwOnErrors: true }),
    blobs: memoryStore(),
  });

  const app = express();
  app.use(cookieSession({ name: 'session', secret, maxAge: HOUR, sameSite: 'strict' }));
  app.get('/', (_request, response) => {
    response.type('text').send('The host app.');
  });
  // A parser that only its own route needs: image data must reach the registry unread.
  app.post('/login', express.urlencoded({ extended: false }), (request, response) => {
    const { name = '', password = '' } = request.body as Partial<Record<string, string>>;
    if (!isRight(users.get(name), password)) {
      response.status(403).send('Wrong name or password.');
      return;
    }
    // The signature says that the cookie is ours; the time says that it is not an old one.
    request.session = { user: name, until: Date.now() + HOUR };
    response.redirect(303, '/');
  });
  app.post('/logout', (request, response) => {
    request.session = null;
    response.redirect(303, '/');
  });
  app.use('/images-api', images);
  app.use('/scratch', scratch);
  app.use((_request, response) => {
    response.status(404).type('text').send('The host app has no such page.');
  });

  return {
    app,
    ready: async () => {
      await Promise.all([images.ready(), scratch.ready()]);
    },
    close: async () => {
      await Promise.all([images.close(), scratch.close()]);
    },
  };
}

/** The name of who is logged in; empty when nobody is. */
function userOf({ session }: Request): string {
  const { user = '', until = 0 } = (session ?? {}) as { user?: string; until?: number };
  return until > Date.now() ? user : '';
}

function isRight(user: User | undefined, password: string): boolean {
  const right = Buffer.from(user?.password ?? '');
  const given = Buffer.from(password);
  return user !== undefined && right.length === given.length && timingSafeEqual(right, given);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const password = randomBytes(6).toString('hex');
  const host = createApp({
    dataDir: './data',
    secret: randomBytes(32).toString('hex'),
    users: new Map([['ann', { password, project: 'blue', roles: ['member'] }]]),
  });
  await host.ready();
  prepareServer(http.createServer(host.app)).listen(3000, '127.0.0.1', () => {
    console.log(`http://127.0.0.1:3000/ is up: log in as ann with the password ${password}`);
  });
}
