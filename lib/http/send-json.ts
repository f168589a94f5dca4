import type { Response } from 'express';

/** Sends a JSON document; not by Express's `res.json`, whose ETag and 304 are not part of the protocol. */
export function sendJson(response: Response, status: number, document: object): void {
  sendJsonText(response, status, JSON.stringify(document));
}

/** Sends what is a JSON document already. */
export function sendJsonText(response: Response, status: number, json: string): void {
  const body = Buffer.from(json);
  response.statusCode = status;
  response.setHeader('Content-Type', 'application/json');
  response.setHeader('Content-Length', body.length);
  response.end(body);
}
