import type { RequestHandler } from 'express';
import type { Logger } from 'pino';

/** Most characters of a path in the log. */
const PATH_LENGTH = 256;

/**
 * One line for every request, written when its answer is sent or broken off. Query strings and headers stay out of it: they may
 * hold tokens.
 */
export function requestLog(log: Logger): RequestHandler {
  return (request, response, next) => {
    const start = process.hrtime.bigint();
    const { method } = request;
    const path = cut(request.originalUrl.split('?', 1)[0] ?? '');
    response.once('close', () => {
      log.info(
        {
          method,
          path,
          status: response.statusCode,
          ms: Math.round(Number(process.hrtime.bigint() - start) / 1e6),
          request_id: response.getHeader('x-openstack-request-id'),
          complete: response.writableFinished,
        },
        'request',
      );
    });
    next();
  };
}

/** A client may send a path as long as all its headers together may be. */
function cut(path: string): string {
  return path.length > PATH_LENGTH ? `${path.slice(0, PATH_LENGTH)}…` : path;
}
