import type { Request, RequestHandler, Response } from 'express';
import { RegistryError } from '../errors.js';
import type { Logger } from '../logger.js';
import { arrive } from './arrival.js';
import { baseUrl } from './base-url.js';
import type { HttpSettings } from './context.js';
import { drain } from './drain.js';
import { inTurn } from './in-turn.js';
import { requestIdOf } from './request-id.js';
import { sendError } from './send-error.js';
import { sendJson } from './send-json.js';
import { versionsDocument } from './versions.js';

/** One version of the API as the mount serves it. */
export interface ServedVersion {
  /** First path segments that select it: `v1`, `v1.0`… */
  readonly segments: readonly string[];
  /** The `Accept` that selects it for a path without a version. */
  readonly accept: RegExp;
  /** Path segment of its addresses. */
  readonly path: string;
  readonly handler: RequestHandler;
}

/** What the mount needs. */
export interface MountOptions {
  readonly versions: readonly ServedVersion[];
  readonly unknownPaths: 'choices' | 'notFound' | 'next';
  readonly settings: Pick<HttpSettings, 'publicEndpoint'>;
  readonly log: Logger;
}

/** Everything below the mount: discovery, and the choice of the version. */
export function mount(options: MountOptions): RequestHandler {
  const { versions, unknownPaths, settings, log } = options;
  const warned = new WeakSet();
  return (request, response, next) => {
    const [path, search] = split(originForm(request.url));
    const [, first = '', ...rest] = path.split('/');
    const base = baseUrl(request, request.baseUrl, settings.publicEndpoint);
    const requestId = requestIdOf(request);
    const version = select(versions, first, request);
    const outside = version === undefined && first !== '' && first !== 'versions';
    if (outside && unknownPaths === 'next') {
      next();
      return;
    }
    arrive(request, { requestId, base });
    response.setHeader('X-Openstack-Request-Id', requestId);
    warnOfRequestTimeout(request, log, warned);
    if (outside && unknownPaths === 'notFound') {
      sendError(
        request,
        response,
        new RegistryError('not_found', 'There is no such resource.'),
        requestId,
        log,
      );
    } else if (version === undefined) {
      drain(request, response);
      sendJson(response, path === '/versions' ? 200 : 300, versionsDocument(base));
    } else if (version.segments.includes(first) && rest.length === 0) {
      redirect(response, `${base}/${version.path}/${search}`);
    } else {
      const { url } = request;
      request.url = `${version.segments.includes(first) ? `/${rest.join('/')}` : path}${search}`;
      inTurn(request, response, () => {
        version.handler(request, response, (error?: unknown) => {
          request.url = url;
          next(error);
        });
      });
    }
  };
}

function select(
  versions: readonly ServedVersion[],
  first: string,
  request: Request,
): ServedVersion | undefined {
  const bySegment = versions.find((version) => version.segments.includes(first));
  if (bySegment !== undefined || first === 'versions' || /^v\d/.test(first)) return bySegment;
  return versions.find((version) => version.accept.test(request.headers.accept ?? ''));
}

function redirect(response: Response, location: string): void {
  response.writeHead(302, { Location: location, 'Content-Length': 0 });
  response.end();
}

/** RFC 9112 section 3.2.2: a client may name the whole address. */
function originForm(url: string): string {
  const path = url.replace(/^https?:\/\/[^/?]*/i, '');
  return path.startsWith('/') ? path : `/${path}`;
}

function split(url: string): [string, string] {
  const at = url.indexOf('?');
  return at === -1 ? [url, ''] : [url.slice(0, at), url.slice(at)];
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
