import type { AccelRedirect } from './http/accel-redirect.js';
import { PeerNetworks } from './identity/peer-networks.js';
import type { Logger } from './logger.js';

/** Proxies that send the data of disk stores themselves, by `X-Accel-Redirect`. */
export interface AccelRedirectOptions {
  /** Path under which they have the files, such as `/image-data`: an `internal` location of nginx. */
  readonly prefix: string;
  /** Addresses and networks (`10.0.0.0/8`) that they connect from, at least one. Default: this machine, by loopback addresses or a Unix socket. */
  readonly from?: readonly string[];
}

const LOOPBACK = ['127.0.0.0/8', '::1'];

/**
 * Reads the option `accelRedirect`.
 * @param log is told once of a proxy whose address is not among them: it would get the bytes for ever, and nobody would know why
 * @throws TypeError that names the entry that is no address
 */
export function readAccelRedirect(
  option: string | AccelRedirectOptions | undefined,
  log: Pick<Logger, 'warn'>,
): AccelRedirect | null {
  if (option === undefined) return null;
  const { prefix, from }: AccelRedirectOptions = typeof option === 'string' ? { prefix: option } : option;
  const networks = new PeerNetworks(from ?? LOOPBACK, 'createImageRegistry: option accelRedirect.from');
  let warned = false;
  return {
    prefix,
    admits: (address) => {
      if (address === undefined) return from === undefined;
      if (networks.has(address)) return true;
      if (!warned)
        log.warn({ address }, 'X-Sendfile-Type comes from an address that accelRedirect does not name');
      warned = true;
      return false;
    },
  };
}
