import type { IncomingMessage } from 'node:http';

/** Whether a request has one Host at most, RFC 9112 section 3.2: of two, one server would believe the first and the next the other. */
export function namesOneHost({ rawHeaders }: IncomingMessage): boolean {
  let hosts = 0;
  for (let at = 0; at < rawHeaders.length; at += 2)
    if (rawHeaders[at]?.length === 4 && rawHeaders[at]?.toLowerCase() === 'host') hosts += 1;
  return hosts <= 1;
}
