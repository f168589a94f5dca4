import { Router } from 'express';
import { readAccelRedirect } from './accel-redirect.js';
import type { FilledOptions } from './defaults.js';
import type { HttpParts } from './http/context.js';
import { handleWith } from './http/handle.js';
import { KeptAnswers } from './http/kept-answers.js';
import { KeptViews } from './http/kept-views.js';
import { mount, type ServedVersion } from './http/mount.js';
import { ReadBudget } from './http/read-budget.js';
import type { Authenticate } from './identity/identity.js';
import { v1Router } from './v1/router.js';
import type { V2Parts } from './v2/exchange.js';
import { v2Router } from './v2/router.js';
import { compileSchema } from './v2/schemas/compile-schema.js';
import { imageSchema } from './v2/schemas/image-schema.js';
import { schemaDocuments } from './v2/schemas/schema-documents.js';
import { imageText } from './v2/views.js';

/** What the versions of the API are translations to. */
export type RouterParts = Pick<
  V2Parts,
  'images' | 'members' | 'access' | 'stores' | 'usage' | 'tasks' | 'importMethods'
>;

/** Bytes of JSON documents and fields of forms that may be on their way: of one project, and of all. */
const READING = { each: 16 * 1024 * 1024, all: 64 * 1024 * 1024 };

/**
 * The router that speaks all versions of the API.
 * @param ready resolves when requests can be served; each waits for it
 */
export function routerFor(parts: RouterParts, options: FilledOptions, ready: () => Promise<void>): Router {
  const { logger: log, lenientClients, imagePropertyQuota, imageSizeCap, unknownPaths } = options;
  const settings = {
    publicEndpoint: options.publicEndpoint ?? null,
    allowedOrigins: options.allowedOrigins,
    lenientClients,
    accelRedirect: readAccelRedirect(options.accelRedirect, log),
    imageSizeCap,
    imagePropertyQuota,
  };
  const authenticate: Authenticate = async (request) => {
    await ready();
    return options.authenticate(request);
  };
  const http = { ...parts, log, reading: new ReadBudget(READING), answers: new KeptAnswers(), settings };
  const identify = Object.assign(authenticate, { challenge: options.authenticate.challenge });
  const versions = (['v2', 'v1'] as const)
    .filter((name) => options.versions.includes(name))
    .map((name) => VERSIONS[name](http, options, identify));
  const router = Router({ strict: true, caseSensitive: true });
  router.use(mount({ versions, unknownPaths, settings, log }));
  return router;
}

type MakeVersion = (
  parts: RouterParts & Pick<HttpParts, 'log' | 'reading' | 'answers' | 'settings'>,
  options: FilledOptions,
  authenticate: Authenticate,
) => ServedVersion;

const v1Version: MakeVersion = (
  { images, members, log, reading, answers, settings },
  _options,
  authenticate,
) => {
  const parts = {
    images: images.speaking('v1'),
    members: members.speaking('v1'),
    log,
    reading,
    answers,
    settings,
  };
  return {
    segments: ['v1', 'v1.0', 'v1.1'],
    accept: /^\s*application\/vnd\.openstack\.images-v1(\.[01])?\b/,
    path: 'v1',
    listed: ['v1.1', 'v1.0'].map((id) => ({ id, status: 'SUPPORTED', path: 'v1' })),
    root: 'redirect',
    jsonErrors: 'asked',
    serve: v1Router(parts, handleWith(parts, authenticate)),
  };
};

/** Highest minor version that selects v2. */
const MINOR = 17;
/** Minor versions that are listed, highest first: 2.14 and 2.16 stand for a cache, 2.17 for its locations. What is listed is used. */
const LISTED = [15, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0];

const v2Version: MakeVersion = ({ images, members, ...shared }, options, authenticate) => {
  const { schemaProperties } = options;
  const parts: V2Parts = {
    ...shared,
    images: images.speaking('v2'),
    members: members.speaking('v2'),
    schemas: schemaDocuments(options),
    checkImage: compileSchema(imageSchema(options)),
    texts: new KeptViews((image) => imageText(image, schemaProperties)),
    changesLocations: options.showMultipleLocations,
  };
  return {
    segments: ['v2', ...Array.from({ length: MINOR + 1 }, (_, minor) => `v2.${minor}`)],
    accept: /^\s*application\/vnd\.openstack\.images-v2(\.(\d|1[0-7]))?(?![.\d])/,
    path: 'v2',
    listed: LISTED.map((minor, index) => ({
      id: `v2.${minor}`,
      status: index === 0 ? 'CURRENT' : 'SUPPORTED',
      path: 'v2',
    })),
    root: 'versions',
    jsonErrors: 'always',
    serve: v2Router(parts, handleWith(parts, authenticate)),
  };
};

const VERSIONS: Readonly<Record<'v1' | 'v2', MakeVersion>> = { v1: v1Version, v2: v2Version };
