import { once } from 'node:events';
import { connect, isIP, type Socket } from 'node:net';
import { connect as secure } from 'node:tls';
import { checkedLookup } from './checked-lookup.js';
import type { CheckedRules } from './source-rules.js';
import { hostOf, portOf } from './source-url.js';

/**
 * Connects to the host of `url` if the rules for addresses allow it; with TLS for https. Not one byte is sent to an
 * address that they do not allow. No agent takes part, so neither do proxies of the environment or sockets kept alive.
 * @throws Error; the signal's reason when it aborts
 */
export async function openSocket(url: URL, rules: CheckedRules, signal: AbortSignal): Promise<Socket> {
  signal.throwIfAborted();
  const host = hostOf(url);
  const port = portOf(url);
  // For an address in place of a name, net.connect calls no lookup.
  if (isIP(host) !== 0) rules.addresses.check(host, port);
  const socket = connect({
    host,
    port,
    lookup: checkedLookup(rules.lookup, rules.addresses, port),
    autoSelectFamily: true,
  });
  const opened = [socket];
  // What fails once it is open, the reader of the answer sees.
  socket.on('error', () => undefined);
  try {
    await once(socket, 'connect', { signal });
    rules.addresses.check(socket.remoteAddress ?? 'unknown', port);
    if (url.protocol !== 'https:') return socket;
    const name = host.replace(/\.$/, '');
    const encrypted = secure({
      socket,
      host: name,
      // RFC 6066 3: no literal addresses as a server name.
      servername: isIP(name) === 0 ? name : '',
      secureContext: rules.secureContext,
      rejectUnauthorized: true,
      ALPNProtocols: ['http/1.1'],
    });
    opened.push(encrypted);
    encrypted.on('error', () => undefined);
    await once(encrypted, 'secureConnect', { signal });
    return encrypted;
  } catch (error) {
    for (const one of opened) one.destroy();
    signal.throwIfAborted();
    throw error;
  }
}
