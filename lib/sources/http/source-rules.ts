import type { LookupFunction } from 'node:net';
import type { SecureContext } from 'node:tls';
import type { AddressRules } from './address-rules.js';

/** What may be fetched on behalf of clients, and at what cost. Unknown keys are refused. The object is never changed. */
export interface SourceRules {
  /** `http`, `https` or both. Default: both. A redirect from https to http is refused in any case. */
  readonly schemes?: readonly ('http' | 'https')[];
  /** Hosts that may be named, also by redirects: exact names, or `*.example.org` for all below it. Default: any host. */
  readonly hosts?: readonly string[];
  /** Ports of public addresses that may be connected to. Default: 80 and 443. */
  readonly ports?: readonly number[];
  /**
   * Networks, as in `10.1.0.0/16` or `fd12::/64`, that may be fetched from on any port, besides public addresses on
   * `ports`. Default: none, so that no private, loopback, link-local or otherwise special address is ever reached.
   */
  readonly networks?: readonly string[];
  /** Most bytes of one source. */
  readonly sizeCap: number;
  /** ms without a byte while data is wanted. Default: 30 seconds. */
  readonly idleTimeout?: number;
  /**
   * Bytes per second that the source of a copy must give, measured over twice `idleTimeout` of waiting for it; 0: any. Default: 65 536.
   */
  readonly leastRate?: number;
  /** ms for one source from the first connection to its last byte. Default: 24 hours. */
  readonly totalTimeout?: number;
  /** ms for one connection: name lookup, TCP and TLS together. Default: 10 seconds. */
  readonly connectTimeout?: number;
  /** Most redirects followed for one request, 0 to 20. Default: 5. */
  readonly maxRedirects?: number;
  /** PEM certificates to trust for https, in place of those that Node.js trusts, as in `node:tls`. */
  readonly ca?: string | Buffer | readonly (string | Buffer)[];
  /** Finds the addresses of a host, in the form of `dns.lookup`, which is the default. Its answers are checked all the same. */
  readonly lookup?: LookupFunction;
}

/** SourceRules checked, with defaults, in the form that a fetch needs. */
export interface CheckedRules {
  readonly schemes: readonly string[];
  /** Null: any host. */
  readonly hosts: readonly string[] | null;
  readonly addresses: AddressRules;
  readonly sizeCap: number;
  readonly idleTimeout: number;
  readonly leastRate: number;
  readonly totalTimeout: number;
  readonly connectTimeout: number;
  readonly maxRedirects: number;
  readonly secureContext: SecureContext;
  readonly lookup: LookupFunction;
}
