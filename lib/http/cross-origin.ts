import type { Request, Response } from 'express';

/** What pages may send besides what any page may (Fetch standard, CORS-safelisted request headers). */
const REQUEST_HEADERS =
  /^(x-auth-token|authorization|content-type|accept|range|if-range|if-none-match|x-openstack-(request-id|image-size)|(x-image-meta|x-glance|openstack-image)-[!#$%&'*+.^_`|~0-9a-z-]+)$/;

/** What pages may read besides what any page may; the fields of images come on top. */
const RESPONSE_HEADERS = [
  'ETag',
  'Location',
  'Link',
  'Content-Length',
  'Content-Range',
  'Accept-Ranges',
  'Content-Disposition',
  'Retry-After',
  'WWW-Authenticate',
  'X-Openstack-Request-Id',
];
const IMAGE_HEADERS = /^(x-image-meta|openstack-image)-/;

const METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE';
/** Seconds for which a browser need not ask again. */
const MAX_AGE = '3600';

/**
 * Lets pages of allowed origins use the API from a browser, by the CORS protocol of the Fetch standard. Their questions before a request
 * (preflight) come without token and are answered here.
 * @returns whether the request is answered
 */
export function answerCrossOrigin(
  request: Request,
  response: Response,
  allowedOrigins: readonly string[],
): boolean {
  const { origin } = request.headers;
  if (origin === undefined || !allowedOrigins.includes(origin)) return false;
  response.setHeader('Access-Control-Allow-Origin', origin);
  response.setHeader('Access-Control-Allow-Credentials', 'true');
  if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined) {
    exposeHeaders(response);
    return false;
  }
  const asked = request.headers['access-control-request-headers'] ?? '';
  const names = asked.split(',').map((name) => name.trim().toLowerCase());
  response.setHeader('Access-Control-Allow-Methods', METHODS);
  response.setHeader(
    'Access-Control-Allow-Headers',
    names.filter((name) => REQUEST_HEADERS.test(name)).join(', '),
  );
  response.setHeader('Access-Control-Max-Age', MAX_AGE);
  response.statusCode = 204;
  response.end();
  return true;
}

/** Which fields an image has shows when the answer begins; with credentials `*` would not mean all of them. */
function exposeHeaders(response: Response): void {
  const writeHead = response.writeHead.bind(response) as (...head: unknown[]) => Response;
  response.writeHead = (...head: unknown[]) => {
    const fields = response.getHeaderNames().filter((name) => IMAGE_HEADERS.test(name));
    response.setHeader('Access-Control-Expose-Headers', [...RESPONSE_HEADERS, ...fields].join(', '));
    return writeHead(...head);
  };
}
