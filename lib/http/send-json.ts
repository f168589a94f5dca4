import type { Response } from 'express';

/** Sends a JSON document; not by Express's `res.json`, whose ETag and 304 are not part of the protocol. */
export function sendJson(response: Response, status: number, document: object): void {
  const body = Buffer.from(JSON.stringify(document));
  response.statusCode = status;
  response.setHeader('Content-Type', 'application/json');
  response.setHeader('Content-Length', body.length);
  response.end(body);
}
