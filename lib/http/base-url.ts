import type { Request } from 'express';

/**
 * Address of the mount as the client sees it: the public endpoint, else scheme, host and mount path of the request, where
 * X-Forwarded headers count only as far as the host app's `trust proxy` says.
 * @returns without a slash at the end
 */
export function baseUrl(request: Request, mountPath: string, publicEndpoint: string | null): string {
  if (publicEndpoint !== null) return publicEndpoint.replace(/\/+$/, '');
  // HTTP/1.0 clients leave the host out, and others may send anything.
  const host = hostOf(request);
  const { localAddress = '127.0.0.1', localPort = 80 } = request.socket;
  const local = localAddress.includes(':') ? `[${localAddress}]` : localAddress;
  const safe = host !== undefined && isHost(host) ? host : `${local}:${localPort}`;
  // X-Forwarded-Proto comes through as it is.
  const scheme = request.protocol === 'https' ? 'https' : 'http';
  return `${scheme}://${safe}${mountPath.replace(/\/+$/, '')}`;
}

/** The host with its port, as `request.host` of Express 5 has it; that of Express 4 lacks the port. */
function hostOf(request: Request): string | undefined {
  const forwarded = request.get('x-forwarded-host');
  const trusts = request.app.get('trust proxy fn') as (address: string | undefined, hop: number) => boolean;
  if (forwarded === undefined || !trusts(request.socket.remoteAddress, 0)) return request.headers.host;
  return forwarded.split(',', 1)[0]?.trim();
}

/** Whether a text can stand for the host, with or without a port, in an address. */
function isHost(text: string): boolean {
  return /^[\w.[\]:-]+$/.test(text) && URL.canParse(`http://${text}`);
}
