import { BlockList, SocketAddress } from 'node:net';

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/;

/** Addresses and networks that a connection may come from. An IPv4-mapped IPv6 address is the IPv4 address. */
export class PeerNetworks {
  readonly #list = new BlockList();

  /**
   * @param entries `192.0.2.7`, `10.0.0.0/8`, `2001:db8::/32`
   * @param option that they come from, for the message
   * @throws TypeError naming the entry that is neither an address nor a network
   */
  constructor(entries: readonly string[], option: string) {
    for (const entry of entries) {
      try {
        this.#add(entry);
      } catch (error) {
        const message = `${option}: "${entry}" is neither an IP address nor a network such as 10.0.0.0/8`;
        throw new TypeError(message, { cause: error });
      }
    }
  }

  /** @param address of a socket's other end; undefined: it has none */
  has(address: string | undefined): boolean {
    if (address === undefined) return false;
    const peer = canonical(address);
    return this.#list.check(peer.address, peer.family);
  }

  #add(entry: string): void {
    const [, text = '', bits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(entry) ?? [];
    const { address, family, mapped } = canonical(text);
    if (bits === undefined) this.#list.addAddress(address, family);
    // Of a mapped network's prefix the first 96 bits are the mapping itself.
    else this.#list.addSubnet(address, Number(bits) - (mapped ? 96 : 0), family);
  }
}

function canonical(text: string): { address: string; family: 'ipv4' | 'ipv6'; mapped: boolean } {
  // RFC 4007 section 11: the zone after % is of this host only.
  const plain = text.replace(/%.*$/, '');
  if (!plain.includes(':')) return { address: plain, family: 'ipv4', mapped: false };
  const { address } = new SocketAddress({ address: plain, family: 'ipv6' });
  const inner = MAPPED.exec(address)?.[1];
  if (inner !== undefined) return { address: inner, family: 'ipv4', mapped: true };
  return { address, family: 'ipv6', mapped: false };
}
