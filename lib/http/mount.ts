import type { Request, RequestHandler, Response } from 'express';
import { RegistryError } from '../errors.js';
import type { Logger } from '../logger.js';
import { markAsOwn } from './answer-headers.js';
import type { Arrival } from './arrival.js';
import { BaseUrls } from './base-url.js';
import type { HttpSettings } from './context.js';
import { answerCrossOrigin } from './cross-origin.js';
import { endAndDrain } from './drain.js';
import { inTurn } from './in-turn.js';
import { namesOneHost } from './one-host.js';
import { requestIdOf } from './request-id.js';
import { sendError } from './send-error.js';
import { sendJson } from './send-json.js';
import { type Version, versionsDocument } from './versions.js';

/** One version of the API as the mount serves it. */
export interface ServedVersion {
  /** First path segments that select it: `v1`, `v1.0`… */
  readonly segments: readonly string[];
  /** The `Accept` that selects it for a path without a version. */
  readonly accept: RegExp;
  /** Path segment of its addresses. */
  readonly path: string;
  /** What it is listed as. */
  readonly listed: readonly Version[];
  /** What its path alone answers: a redirect to the same with a slash, or the versions that it stands for. */
  readonly root: 'redirect' | 'versions';
  /** When errors are JSON: when the client asks for it, or unless it excludes it. */
  readonly jsonErrors: 'asked' | 'always';
  readonly serve: (request: Request, response: Response, arrival: Arrival) => void;
}

/** What the mount needs. */
export interface MountOptions {
  readonly versions: readonly ServedVersion[];
  readonly unknownPaths: 'choices' | 'notFound' | 'next';
  readonly settings: Pick<HttpSettings, 'publicEndpoint' | 'allowedOrigins'>;
  readonly log: Logger;
}

/** Everything below the mount: discovery, and the choice of the version. */
export function mount(options: MountOptions): RequestHandler {
  const { versions, unknownPaths, settings, log } = options;
  const listed = versions.flatMap((version) => version.listed);
  const bySegment = new Map(
    versions.flatMap((version) => version.segments.map((segment) => [segment, version] as const)),
  );
  const bases = new BaseUrls(settings.publicEndpoint);
  const warned = new WeakSet();
  return (request, response, next) => {
    const [path, search] = split(originForm(request.url));
    const [, first = '', ...rest] = path.split('/');
    const named = bySegment.get(first);
    const version = named ?? byAccept(versions, first, request);
    const outside = version === undefined && first !== '' && first !== 'versions';
    if (outside && unknownPaths === 'next') {
      next();
      return;
    }
    const requestId = requestIdOf(request);
    const base = bases.of(request);
    const jsonErrors = version?.jsonErrors ?? 'asked';
    response.setHeader('X-Openstack-Request-Id', requestId);
    markAsOwn(response);
    warnOfRequestTimeout(request, log, warned);
    const refusal = namesOneHost(request)
      ? outside && unknownPaths === 'notFound'
        ? new RegistryError('not_found', 'There is no such resource.')
        : null
      : new RegistryError('bad_request', 'A request must name exactly one host.');
    if (refusal !== null) {
      sendError(request, response, refusal, { requestId, jsonErrors }, log);
    } else if (answerCrossOrigin(request, response, settings.allowedOrigins)) {
      // A question before a request comes without token, and is answered.
    } else if (version === undefined) {
      sendJson(response, /^\/versions\/?$/.test(path) ? 200 : 300, versionsDocument(listed, base), (body) =>
        endAndDrain(request, response, body),
      );
    } else if (named !== undefined && isRoot(version, request, rest)) {
      sendJson(response, 200, versionsDocument(version.listed, base), (body) =>
        endAndDrain(request, response, body),
      );
    } else if (version.root === 'redirect' && named !== undefined && rest.length === 0) {
      redirect(response, `${base}/${version.path}/${search}`);
    } else {
      const segments = named === undefined ? [first, ...rest] : rest;
      const arrival = { requestId, base, jsonErrors, segments, search };
      inTurn(request, response, () => version.serve(request, response, arrival));
    }
  };
}

/** The version that a path without one stands for. */
function byAccept(
  versions: readonly ServedVersion[],
  first: string,
  request: Request,
): ServedVersion | undefined {
  if (first === 'versions' || /^v\d/.test(first)) return undefined;
  return versions.find((version) => version.accept.test(request.headers.accept ?? ''));
}

/** A catalogue may name a version's own path, and clients discover there without a token. */
function isRoot(version: ServedVersion, { method }: Request, rest: readonly string[]): boolean {
  if (version.root !== 'versions' || (method !== 'GET' && method !== 'HEAD')) return false;
  return rest.length === 0 || (rest.length === 1 && rest[0] === '');
}

function redirect(response: Response, location: string): void {
  response.writeHead(302, { Location: location, 'Content-Length': 0 });
  response.end();
}

/** RFC 9112 section 3.2.2: a client may name the whole address. Horizon joins with a slash too many. */
function originForm(url: string): string {
  const path = url.replace(/^https?:\/\/[^/?]*/i, '');
  return path.replace(/^\/*/, '/');
}

/** Path and query, which has its question mark; a fragment is nobody's but the client's. */
function split(url: string): [string, string] {
  const [whole = ''] = url.split('#', 1);
  const at = whole.indexOf('?');
  return at === -1 ? [whole, ''] : [whole.slice(0, at), whole.slice(at)];
}

/** Node ends any request after requestTimeout, 5 minutes by default: too short for an image. */
function warnOfRequestTimeout(request: Request, log: Logger, warned: WeakSet<object>): void {
  const { server } = request.socket as { server?: { requestTimeout?: number } };
  if (server === undefined || warned.has(server)) return;
  warned.add(server);
  const { requestTimeout = 0 } = server;
  if (requestTimeout > 0)
    log.warn({ requestTimeout }, 'this server cuts long uploads off: call prepareServer(server)');
}
