import type { Request } from 'express';

/**
 * Addresses of the mount as clients see it: the public endpoint, else scheme, host and mount path of the request, where
 * X-Forwarded headers count only as far as the host app's `trust proxy` says. Without a slash at the end.
 */
export class BaseUrls {
  readonly #publicEndpoint: string | null;
  /** The last host that could stand in an address: mostly it is the next one, too. */
  #good = '';

  constructor(publicEndpoint: string | null) {
    this.#publicEndpoint = publicEndpoint?.replace(/\/+$/, '') ?? null;
  }

  of(request: Request): string {
    if (this.#publicEndpoint !== null) return this.#publicEndpoint;
    // X-Forwarded-Proto comes through as it is.
    const scheme = request.protocol === 'https' ? 'https' : 'http';
    return `${scheme}://${this.#hostOf(request)}${request.baseUrl.replace(/\/+$/, '')}`;
  }

  #hostOf(request: Request): string {
    const host = namedHost(request);
    if (host !== undefined && (host === this.#good || isHost(host))) {
      this.#good = host;
      return host;
    }
    // HTTP/1.0 clients leave the host out, and others may send anything.
    const { localAddress = '127.0.0.1', localPort = 80 } = request.socket;
    return `${localAddress.includes(':') ? `[${localAddress}]` : localAddress}:${localPort}`;
  }
}

/** The host with its port, as `request.host` of Express 5 has it; that of Express 4 lacks the port. */
function namedHost(request: Request): string | undefined {
  const forwarded = request.get('x-forwarded-host');
  const trusts = request.app.get('trust proxy fn') as (address: string | undefined, hop: number) => boolean;
  if (forwarded === undefined || !trusts(request.socket.remoteAddress, 0)) return request.headers.host;
  return forwarded.split(',', 1)[0]?.trim();
}

/** Whether a text can stand for the host, with or without a port, in an address. */
function isHost(text: string): boolean {
  return /^[\w.[\]:-]+$/.test(text) && URL.canParse(`http://${text}`);
}
