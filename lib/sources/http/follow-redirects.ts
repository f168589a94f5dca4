import type { IncomingMessage } from 'node:http';
import { checkHost } from './host-rules.js';
import { safeRequest, type Ask } from './safe-request.js';
import type { CheckedRules } from './source-rules.js';
import { redirectTarget } from './source-url.js';

/** RFC 9110 15.4; 300 leaves the choice to a person, 304 and 305 are not for us. */
const REDIRECTS: ReadonlySet<number | undefined> = new Set([301, 302, 303, 307, 308]);

/**
 * Sends a request and follows redirects; every one of them is held to the same rules as the first address.
 * @throws Error; the signal's reason when it aborts
 */
export async function followRedirects(
  start: URL,
  ask: Ask,
  rules: CheckedRules,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const seen = new Set<string>();
  for (let url = start; ;) {
    if (seen.has(url.href)) throw new Error('the redirects go round in a circle');
    if (seen.size > rules.maxRedirects)
      throw new Error(`there are more than ${rules.maxRedirects} redirects`);
    seen.add(url.href);
    checkHost(url, rules.hosts);
    const response = await safeRequest(url, ask, rules, signal);
    if (!REDIRECTS.has(response.statusCode)) return response;
    response.destroy();
    url = redirectTarget(url, response.headers.location, rules.schemes);
  }
}
