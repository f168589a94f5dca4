import type { Response } from 'express';

const VARY = 'X-Auth-Token, Authorization, Cookie, Accept, Origin';

/**
 * Marks an answer as one caller's own, RFC 9111 sections 5.2.2 and 4.1: neither a proxy nor a browser may keep it or show it to somebody
 * else, and nobody guesses at what it is.
 */
export function markAsOwn(response: Response): void {
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('X-Content-Type-Options', 'nosniff');
  // What the host app varies by stays; to look for it costs more than all else here.
  if (response.hasHeader('Vary')) response.vary(VARY);
  else response.setHeader('Vary', VARY);
}

/**
 * Marks an answer as the data of an image: a client of its own may keep it, Ironic does, and a browser saves it to a file, whatever is in it, in
 * place of showing it as a page of the host.
 */
export function markAsData(response: Response, id: string): void {
  // A host app's compression would take Content-Length and ranges away.
  response.setHeader('Cache-Control', 'private, no-transform');
  response.setHeader('Content-Disposition', `attachment; filename="${id}"`);
  response.setHeader('Content-Security-Policy', "default-src 'none'; sandbox");
}

/** Takes back `markAsData`. */
export function unmarkData(response: Response): void {
  response.setHeader('Cache-Control', 'no-store');
  response.removeHeader('Content-Disposition');
  response.removeHeader('Content-Security-Policy');
}
