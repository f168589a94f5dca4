import type { RequestHandler } from 'express';
import { isLoopback } from './address.js';

/**
 * Refuses requests for a host that is not this one. Where everyone is an admin a web page could otherwise have its own name
 * point to this machine, and then read and change everything as if it came from here (DNS rebinding).
 *
 * @param publicEndpoint the address of the API as clients see it
 */
export function knownHost(publicEndpoint: string | undefined): RequestHandler {
  const known = publicEndpoint === undefined ? null : new URL(publicEndpoint).hostname;
  return (request, response, next) => {
    const address = `http://${request.headers.host ?? 'localhost'}`;
    const name = URL.canParse(address) ? new URL(address).hostname.replace(/^\[(.*)\]$/, '$1') : '';
    if (name === known || isLoopback(name)) next();
    else
      response
        .status(403)
        .type('text/plain')
        .send('403 Forbidden\n\nThis server does not go by that name.\n');
  };
}
