import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';

/** A request with these headers that came over no connection. */
export function bareRequest(headers: Readonly<Record<string, string>>): IncomingMessage {
  const request = new IncomingMessage(new Socket());
  for (const [name, value] of Object.entries(headers)) request.headers[name.toLowerCase()] = value;
  return request;
}
