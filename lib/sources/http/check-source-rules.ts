import { X509Certificate } from 'node:crypto';
import { lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { createSecureContext, type SecureContext } from 'node:tls';
import { AddressRules } from './address-rules.js';
import { hostRule } from './host-rules.js';
import { NetworkList } from './network-list.js';
import type { CheckedRules, SourceRules } from './source-rules.js';

const KEYS: readonly (keyof SourceRules)[] = [
  'schemes',
  'hosts',
  'ports',
  'networks',
  'sizeCap',
  'idleTimeout',
  'leastRate',
  'totalTimeout',
  'connectTimeout',
  'maxRedirects',
  'ca',
  'lookup',
];

/** A timer of Node.js fires at once when asked for more ms. */
const MAX_MS = 2 ** 31 - 1;

/**
 * Checks the rules for sources and fills in their defaults.
 * @throws TypeError whose message names the option, such as `sources.networks[0]`
 */
export function checkSourceRules(rules: SourceRules): CheckedRules {
  const given: unknown = rules;
  if (typeof given !== 'object' || given === null)
    throw new TypeError('createImageRegistry: option sources must be an object');
  const unknown = Object.keys(rules).find((key) => !(KEYS as readonly string[]).includes(key));
  if (unknown !== undefined)
    throw new TypeError(`createImageRegistry: there is no option sources.${unknown}`);
  const ports = list('ports', rules.ports ?? [80, 443], (port) => integer(port, 1, 65_535));
  const networks = list('networks', rules.networks ?? [], (network) => {
    new NetworkList([text(network)]);
    return text(network);
  });
  return {
    schemes: filled('schemes', list('schemes', rules.schemes ?? ['http', 'https'], scheme)),
    hosts:
      rules.hosts === undefined
        ? null
        : filled(
            'hosts',
            list('hosts', rules.hosts, (host) => hostRule(text(host))),
          ),
    addresses: new AddressRules(new NetworkList(networks), ports),
    sizeCap: checked('sizeCap', () => integer(rules.sizeCap, 1, Number.MAX_SAFE_INTEGER)),
    idleTimeout: checked('idleTimeout', () => integer(rules.idleTimeout ?? 30_000, 1, MAX_MS)),
    leastRate: checked('leastRate', () => integer(rules.leastRate ?? 65_536, 0, Number.MAX_SAFE_INTEGER)),
    totalTimeout: checked('totalTimeout', () => integer(rules.totalTimeout ?? 86_400_000, 1, MAX_MS)),
    connectTimeout: checked('connectTimeout', () => integer(rules.connectTimeout ?? 10_000, 1, MAX_MS)),
    maxRedirects: checked('maxRedirects', () => integer(rules.maxRedirects ?? 5, 0, 20)),
    secureContext: checked('ca', () => trusting(rules.ca)),
    lookup: checked('lookup', () => lookupFunction(rules.lookup ?? lookup)),
  };
}

function checked<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new TypeError(`${option(name)} ${cause instanceof Error ? cause.message : 'is not valid'}`, {
      cause,
    });
  }
}

function option(name: string): string {
  return `createImageRegistry: option sources.${name}`;
}

function list<T>(name: string, values: unknown, read: (value: unknown) => T): T[] {
  if (!Array.isArray(values)) throw new TypeError(`${option(name)} must be a list`);
  return values.map((value: unknown, index) => checked(`${name}[${index}]`, () => read(value)));
}

function filled<T>(name: string, values: T[]): T[] {
  if (values.length === 0) throw new TypeError(`${option(name)} must not be empty`);
  return values;
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError('must be a string');
  return value;
}

function scheme(value: unknown): string {
  if (value !== 'http' && value !== 'https') throw new TypeError('must be http or https');
  return value;
}

function integer(value: unknown, least: number, most: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most) {
    throw new TypeError(`must be an integer from ${least} to ${most}`);
  }
  return value;
}

function lookupFunction(value: LookupFunction): LookupFunction {
  if (typeof value !== 'function') throw new TypeError('must be a function like dns.lookup');
  return value;
}

function trusting(ca: SourceRules['ca']): SecureContext {
  if (ca === undefined) return createSecureContext();
  const certificates = typeof ca === 'string' || Buffer.isBuffer(ca) ? [ca] : [...ca];
  try {
    for (const certificate of certificates) new X509Certificate(certificate);
    return createSecureContext({ ca: certificates });
  } catch (cause) {
    throw new TypeError('must be certificates in PEM form', { cause });
  }
}
