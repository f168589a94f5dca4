import type { IncomingMessage } from 'node:http';

export interface UserAndPassword {
  readonly user: string;
  readonly password: string;
}

/** RFC 7617 section 2, with the scheme in any case (RFC 9110 section 11.1). */
const BASIC = /^basic +([A-Za-z0-9+/]{1,4096}={0,2}) *$/i;
/** Control characters, which RFC 7617 section 2 forbids. */
const CONTROL = /\p{Cc}/u;

/** User and password of an `Authorization: Basic` header, in UTF-8; null when there is none or it is not well-formed. */
export function basicCredentials(request: IncomingMessage): UserAndPassword | null {
  const encoded = BASIC.exec(request.headers.authorization ?? '')?.[1];
  if (encoded === undefined) return null;
  const bytes = Buffer.from(encoded, 'base64');
  const text = bytes.toString('utf8');
  // What is no UTF-8 does not come back as it was.
  if (!Buffer.from(text).equals(bytes) || CONTROL.test(text)) return null;
  const colon = text.indexOf(':');
  return colon < 1 ? null : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}
