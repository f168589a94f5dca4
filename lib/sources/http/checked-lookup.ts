import type { LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import type { AddressRules } from './address-rules.js';

/**
 * A `lookup` for sockets that hands on the addresses of a host only when every one of them may be connected to on
 * `port`. The socket connects to what was checked: nobody asks for the name a second time.
 * @param lookup finds the addresses
 */
export function checkedLookup(lookup: LookupFunction, addresses: AddressRules, port: number): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, answer) => {
      try {
        if (error !== null) throw error;
        const [first, ...others] = checked(answer, addresses, port);
        if (options.all === true) callback(null, [first, ...others]);
        else callback(null, first.address, first.family);
      } catch (refusal) {
        callback(refusal instanceof Error ? refusal : new Error('the lookup failed', { cause: refusal }), '');
      }
    });
  };
}

function checked(
  answer: string | LookupAddress[],
  addresses: AddressRules,
  port: number,
): [LookupAddress, ...LookupAddress[]] {
  if (!Array.isArray(answer)) throw new TypeError('the lookup ignored the option "all"');
  const [first, ...others] = answer;
  if (first === undefined) throw new Error('the host has no address');
  for (const { address } of answer) addresses.check(address, port);
  return [first, ...others];
}
