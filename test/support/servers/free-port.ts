import { once } from 'node:events';
import { createServer } from 'node:net';
import { SLOT } from '../../setup/part.js';

/** Below the ports that Linux gives to whoever asks for any. */
const LOWEST = 10_000;
const EACH = 5_000;

const range = Number(process.env[SLOT] ?? 0);
let last = Math.floor(Math.random() * EACH);

/**
 * A port of 127.0.0.1 on which nobody listens. Nobody else in this run takes it either, so that a server may leave it for a while and come back.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    last = (last + 1) % EACH;
    const port = LOWEST + range * EACH + last;
    const probe = createServer().listen(port, '127.0.0.1');
    try {
      await once(probe, 'listening');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') continue;
      throw error;
    }
    probe.close();
    await once(probe, 'close');
    return port;
  }
}
