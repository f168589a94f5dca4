import { Router } from 'express';
import type { FilledOptions } from './defaults.js';
import type { HttpParts } from './http/context.js';
import { handleWith } from './http/handle.js';
import { mount } from './http/mount.js';
import { ReadBudget } from './http/read-budget.js';
import type { Authenticate } from './identity/identity.js';
import { v1Router } from './v1/router.js';

/** Bytes of JSON documents and fields of forms that may be on their way: of one project, and of all. */
const READING = { each: 16 * 1024 * 1024, all: 64 * 1024 * 1024 };

/**
 * The router that speaks all versions of the API.
 * @param ready resolves when requests can be served; each waits for it
 */
export function routerFor(
  parts: Pick<HttpParts, 'images' | 'members'>,
  options: FilledOptions,
  ready: () => Promise<void>,
): Router {
  const { logger: log, lenientClients, imagePropertyQuota, imageSizeCap, unknownPaths } = options;
  const settings = {
    publicEndpoint: options.publicEndpoint ?? null,
    lenientClients,
    imageSizeCap,
    imagePropertyQuota,
  };
  const http: HttpParts = { ...parts, log, reading: new ReadBudget(READING), settings };
  const authenticate: Authenticate = async (request) => {
    await ready();
    return options.authenticate(request);
  };
  const handle = handleWith(http, Object.assign(authenticate, { challenge: options.authenticate.challenge }));
  const v1 = {
    segments: ['v1', 'v1.0', 'v1.1'],
    accept: /^\s*application\/vnd\.openstack\.images-v1(\.[01])?\b/,
    path: 'v1',
    listed: ['v1.1', 'v1.0'].map((id) => ({ id, status: 'SUPPORTED', path: 'v1' }) as const),
    root: 'redirect',
    jsonErrors: 'asked',
    handler: v1Router(http, handle),
  } as const;
  const router = Router({ strict: true, caseSensitive: true });
  router.use(mount({ versions: [v1], unknownPaths, settings, log }));
  return router;
}
