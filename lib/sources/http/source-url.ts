import { RegistryError } from '../../errors.js';

/** Characters; more than any signed address needs. */
const MAX_LENGTH = 8192;

/**
 * Reads the address of a source as a client has written it.
 * @param schemes such as `['http', 'https']`
 * @throws RegistryError `bad_request`, with one text for whatever is wrong
 */
export function parseSource(text: string, schemes: readonly string[]): URL {
  const wellFormed =
    text.length <= MAX_LENGTH &&
    /^[a-z][a-z\d+.-]*:\/\/[^/?#@]+(?:[/?][^#]*)?$/i.test(text) &&
    // new URL() would strip these or read them as something else.
    !/[\p{Cc}\p{Z}\\]/u.test(text);
  const url = wellFormed && URL.canParse(text) ? new URL(text) : null;
  if (url === null || !schemes.includes(schemeOf(url))) {
    throw new RegistryError(
      'bad_request',
      `The source must be an address that begins with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}, ` +
        `has no user name, password, fragment, blanks or control characters, and at most ${MAX_LENGTH} characters.`,
    );
  }
  return url;
}

/**
 * Where a redirect leads (RFC 9110 10.2.2: relative to where it came from; its fragment is not sent).
 * @param header value of Location
 * @throws Error when the rules for addresses of sources do not allow it
 */
export function redirectTarget(from: URL, header: string | undefined, schemes: readonly string[]): URL {
  // Node.js reads headers as Latin-1; what is not ASCII there is UTF-8 in practice.
  const location = Buffer.from(header ?? '', 'latin1').toString('utf8');
  if (header === undefined || !URL.canParse(location, from.href)) {
    throw new Error('a redirect leads to no readable address');
  }
  const url = new URL(location, from);
  url.hash = '';
  if (url.href.length > MAX_LENGTH) throw new Error('a redirect leads to an overlong address');
  if (!schemes.includes(schemeOf(url))) throw new Error(`a redirect leads to the scheme ${schemeOf(url)}`);
  if (url.username !== '' || url.password !== '')
    throw new Error('a redirect leads to an address with credentials');
  if (from.protocol === 'https:' && url.protocol !== 'https:')
    throw new Error('a redirect leads from https to http');
  return url;
}

/** The address for a log: without credentials and query, which may hold signatures; at most 200 characters. */
export function redact(address: string | URL): string {
  const text = String(address);
  if (!URL.canParse(text)) return '(no address)';
  const { protocol, host, pathname, search } = new URL(text);
  return `${protocol}//${host}${pathname}`.slice(0, 195) + (search === '' ? '' : '?…');
}

/** Host without the brackets of IPv6, as sockets want it. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1');
}

export function portOf(url: URL): number {
  if (url.port !== '') return Number(url.port);
  return url.protocol === 'https:' ? 443 : 80;
}

function schemeOf(url: URL): string {
  return url.protocol.slice(0, -1);
}
