import type { Request, Response } from 'express';
import { RegistryError } from '../errors.js';
import type { Logger } from '../logger.js';
import type { Arrival } from './arrival.js';
import { sendError } from './send-error.js';

/** The parameters of a path by name, decoded. */
export type Params = Readonly<Record<string, string>>;

/** Answers a request whose path is known. */
export type Answer = (request: Request, response: Response, arrival: Arrival, params: Params) => void;

/** What a path answers, verb by verb, and to all others. */
export interface Resource {
  readonly verbs: Readonly<Partial<Record<string, Answer>>>;
  readonly other: Answer;
}

interface Route {
  /** What must stand there; null: a parameter, which may be anything but empty. */
  readonly words: readonly (string | null)[];
  /** Names of the parameters by their places. */
  readonly names: readonly string[];
  readonly resource: Resource;
}

/**
 * Serves resources by their paths, such as `/images/:id`, the first one that fits: whole paths, as they are written. An Express router would try
 * one expression after the other, for each verb.
 * @param notFound answers all other paths
 */
export function serveResources(
  resources: Readonly<Record<string, Resource>>,
  notFound: Answer,
  log: Logger,
): (request: Request, response: Response, arrival: Arrival) => void {
  const routes = Object.entries(resources).map(([path, resource]) => routeOf(path, resource));
  return (request, response, arrival) => {
    const { segments } = arrival;
    const route = routes.find((one) => fits(one, segments));
    if (route === undefined) {
      notFound(request, response, arrival, {});
      return;
    }
    const params = paramsOf(route, segments);
    const { verbs, other } = route.resource;
    if (params === null) {
      const refusal = new RegistryError('bad_request', 'This path is malformed.');
      sendError(request, response, refusal, arrival, log);
    } else (verbs[request.method] ?? other)(request, response, arrival, params);
  };
}

function routeOf(path: string, resource: Resource): Route {
  const segments = path.slice(1).split('/');
  return {
    words: segments.map((segment) => (segment.startsWith(':') ? null : segment)),
    names: segments.map((segment) => segment.slice(1)),
    resource,
  };
}

function fits({ words }: Route, segments: readonly string[]): boolean {
  if (words.length !== segments.length) return false;
  for (const [at, word] of words.entries()) {
    const segment = segments[at];
    if (word === null ? segment === '' : segment !== word) return false;
  }
  return true;
}

/** Null: a parameter has broken percent escapes. */
function paramsOf({ words, names }: Route, segments: readonly string[]): Params | null {
  const params: Record<string, string> = {};
  try {
    for (const [at, word] of words.entries())
      if (word === null) params[names[at] ?? ''] = decodeURIComponent(segments[at] ?? '');
  } catch {
    return null;
  }
  return params;
}
