import type { Response } from 'express';

/**
 * Sends a JSON document; not by Express's `res.json`, whose ETag and 304 are not part of the protocol.
 * @param end ends the answer with the bytes of the document
 */
export function sendJson(
  response: Response,
  status: number,
  document: object,
  end?: (body: Buffer) => void,
): void {
  sendJsonText(response, status, JSON.stringify(document), end);
}

/** Sends what is a JSON document already. */
export function sendJsonText(
  response: Response,
  status: number,
  json: string,
  end?: (body: Buffer) => void,
): void {
  const length = Buffer.byteLength(json);
  response.statusCode = status;
  response.setHeader('Content-Type', 'application/json');
  response.setHeader('Content-Length', length);
  if (end !== undefined) end(Buffer.from(json));
  // Node writes the header and a text as one, in one encoding: that of the header.
  else if (length === json.length) response.end(json, 'latin1');
  else response.end(Buffer.from(json));
}

/** The same of one that has been encoded before. */
export function sendJsonBytes(response: Response, status: number, json: Buffer): void {
  response.statusCode = status;
  response.setHeader('Content-Type', 'application/json');
  response.setHeader('Content-Length', json.length);
  response.end(json);
}
