import { verify } from '@node-rs/bcrypt';
import { withDeadline } from '../deadline.js';
import { RegistryError } from '../errors.js';

/** Passwords that wait; at the usual cost of 10 the last of them waits for a few seconds. */
const MOST_WAITING = 64;
/** ms that a password may wait and be checked. */
const DEADLINE = 30_000;

/**
 * Checks passwords against bcrypt hashes, one after the other. Each takes tenths of a second of one of the few threads of Node that files
 * are read and written by as well, so there is never more than one at it.
 */
export class BcryptChecker {
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #closing = new AbortController();

  /** @throws RegistryError `unavailable` when too many wait already, or when it is closed meanwhile */
  async check(password: string, hash: string): Promise<boolean> {
    if (this.#waiting >= MOST_WAITING)
      throw new RegistryError('unavailable', 'too many passwords wait to be checked');
    this.#waiting += 1;
    const [earlier, closing] = [this.#last, this.#closing.signal];
    const verifyInTurn = async (late: AbortSignal): Promise<boolean> => {
      await earlier;
      return verify(password, hash, { signal: AbortSignal.any([late, closing]) });
    };
    const answer = withDeadline(verifyInTurn, DEADLINE, 'checking a password');
    this.#last = Promise.allSettled([answer]);
    try {
      return await answer;
    } catch (cause) {
      throw new RegistryError('unavailable', 'a password could not be checked', { cause });
    } finally {
      this.#waiting -= 1;
    }
  }

  /** Ends the checks that wait. It can be used again. */
  close(): Promise<void> {
    this.#closing.abort();
    this.#closing = new AbortController();
    return Promise.resolve();
  }
}
