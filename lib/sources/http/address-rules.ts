import { isIP } from 'node:net';
import { checkPort } from './refused-ports.js';
import { NetworkList } from './network-list.js';
import { GLOBAL_IPV6, SPECIAL_IPV4, SPECIAL_IPV6 } from './special-networks.js';

/** Which addresses may be connected to: public ones on some ports, those of some networks on any that is for HTTP. */
export class AddressRules {
  readonly #networks: NetworkList;
  readonly #ports: ReadonlySet<number>;
  readonly #special = new NetworkList([...SPECIAL_IPV4, ...SPECIAL_IPV6]);
  readonly #global = new NetworkList([GLOBAL_IPV6]);

  constructor(networks: NetworkList, ports: Iterable<number>) {
    this.#networks = networks;
    this.#ports = new Set(ports);
  }

  /**
   * @param address an IP address as text
   * @throws Error when it may not be connected to on `port`
   */
  check(address: string, port: number): void {
    if (this.#networks.has(address)) {
      checkPort(port);
      return;
    }
    if (this.#ports.has(port) && this.#isPublic(address)) return;
    throw new Error(`the address ${address} on port ${port} is not allowed`);
  }

  #isPublic(address: string): boolean {
    if (this.#special.has(address)) return false;
    return isIP(address) === 4 || this.#global.has(address);
  }
}
