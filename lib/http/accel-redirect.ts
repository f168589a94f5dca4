import type { Request, Response } from 'express';

/** The proxies in front that send files themselves. */
export interface AccelRedirect {
  /** Under which path they have the files of the stores, without a slash at its end. */
  readonly prefix: string;
  /** Whether one may connect from this address; undefined: through a Unix socket. */
  readonly admits: (address: string | undefined) => boolean;
}

/** Conditions, RFC 9110 section 13.1, that nginx would judge by what it knows of the file. */
const CONDITIONS = ['if-match', 'if-modified-since', 'if-unmodified-since', 'if-range'];

/** The ranges that nginx and the API understand alike. */
const PLAIN_RANGE = /^bytes=(\d{1,15}-\d{0,15}|-\d{1,15})$/;

/**
 * Whether a proxy takes the name of a file for the answer to this request, and what it then sends is what the registry would have sent. It has to say so
 * itself, as to Rack::Sendfile, by `X-Sendfile-Type`: by its address alone nobody could tell it from a client on its host, who could do nothing with a name.
 */
export function takesFile({ method, headers, socket }: Request, proxies: AccelRedirect | null): boolean {
  if (proxies === null || method !== 'GET') return false;
  if (headers['x-sendfile-type']?.toString().toLowerCase() !== 'x-accel-redirect') return false;
  if (CONDITIONS.some((name) => headers[name] !== undefined)) return false;
  // The proxy looks at Range alone; what old clients put into a Content-Range is answered by us.
  if (headers.range === undefined ? headers['content-range'] !== undefined : !PLAIN_RANGE.test(headers.range))
    return false;
  return proxies.admits(socket.remoteAddress);
}

/**
 * Ends an answer whose body is the file, whole or the range that the request asks for: the proxy makes status, Content-Length and the
 * headers of ranges.
 * @param file path below the prefix, as the port BlobStore has it
 */
export function sendFileName(response: Response, { prefix }: AccelRedirect, file: string): void {
  response.statusCode = 200;
  response.setHeader('X-Accel-Redirect', `${prefix}/${file}`);
  response.setHeader('Content-Length', 0);
  response.end();
}
