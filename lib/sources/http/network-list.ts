import { BlockList, isIP } from 'node:net';

/**
 * A set of networks. IPv4 and IPv6 are kept apart, so that `::ffff:10.0.0.1` is in an IPv6 network that holds it, but
 * never in `10.0.0.0/8`.
 */
export class NetworkList {
  readonly #ipv4 = new BlockList();
  readonly #ipv6 = new BlockList();

  /** @throws TypeError when a network is not of the form `10.0.0.0/8` or `fd00::/8` */
  constructor(networks: readonly string[]) {
    for (const network of networks) this.#add(network);
  }

  /** Whether `address`, an IP address as text, is in one of the networks. */
  has(address: string): boolean {
    switch (isIP(address)) {
      case 4:
        return this.#ipv4.check(address, 'ipv4');
      case 6:
        // A zone such as %eth0 names the interface, not another address.
        return this.#ipv6.check(address.replace(/%.*$/, ''), 'ipv6');
      default:
        return false;
    }
  }

  #add(network: string): void {
    const [, address = '', digits = ''] = /^([\da-f:.]+)\/(\d{1,3})$/i.exec(network) ?? [];
    const prefix = Number(digits);
    const family = isIP(address);
    if (family === 4 && prefix <= 32) this.#ipv4.addSubnet(address, prefix, 'ipv4');
    else if (family === 6 && prefix <= 128) this.#ipv6.addSubnet(address, prefix, 'ipv6');
    else throw new TypeError('must be a network such as 10.0.0.0/8 or fd00::/8');
  }
}
