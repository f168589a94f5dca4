import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { Readable } from 'node:stream';
import { isRegistryError, RegistryError } from '../../errors.js';
import { checkRange } from '../../blobs/blob-store.js';
import { endOnAbort } from '../../blobs/consume.js';
import type { RemoteSources, SourceReadOptions } from '../remote-sources.js';
import { askSize } from './ask-size.js';
import { checkHost } from './host-rules.js';
import { checkPort } from './refused-ports.js';
import { checkSourceRules } from './check-source-rules.js';
import { followRedirects } from './follow-redirects.js';
import { LeastRate } from './least-rate.js';
import type { Ask } from './safe-request.js';
import { SourceBody } from './source-body.js';
import { sourceNotFound, sourceTooLarge, sourceUnavailable } from './source-errors.js';
import { askFor, partOf } from './source-part.js';
import type { CheckedRules, SourceRules } from './source-rules.js';
import { hostOf, parseSource, portOf, redact } from './source-url.js';
import { startTimeLimit, within } from './time-limit.js';

/**
 * Fetches the data of images from addresses that clients name, within rules: only http and https, only public addresses
 * and networks that are allowed, checked for every connection and redirect; bounded in time, size and memory.
 */
export class HttpSource implements RemoteSources {
  readonly #rules: CheckedRules;

  /** @throws TypeError whose message names the option that is wrong, such as `sources.networks[0]` */
  constructor(rules: SourceRules) {
    this.#rules = checkSourceRules(rules);
  }

  /**
   * Checks the text of an address; nothing is asked of anyone.
   * @throws RegistryError `bad_request`
   */
  check(url: string): void {
    parseSource(url, this.#rules.schemes);
  }

  /**
   * As `check`; refuses hosts, literal addresses and ports that the rules refuse, too. What a name leads to is checked when it is connected to.
   * @throws RegistryError `bad_request`
   */
  admit(url: string): void {
    const { schemes, hosts, addresses } = this.#rules;
    const source = parseSource(url, schemes);
    try {
      checkHost(source, hosts);
      if (isIP(hostOf(source)) === 0) checkPort(portOf(source));
      else addresses.check(hostOf(source), portOf(source));
    } catch (error) {
      throw new RegistryError('bad_request', 'Nothing is fetched from this host and port.', { cause: error });
    }
  }

  /**
   * Asks a source for its size, within `connectTimeout` + `idleTimeout` in all.
   * @returns bytes
   * @throws RegistryError `bad_request` as `check`; `too_large` beyond `sizeCap`; `not_found` for all else: refused by
   *   the rules, unreachable, not there, size not told. The log's reason is its cause. The signal's reason when it aborts
   */
  async size(url: string, signal?: AbortSignal): Promise<number> {
    const source = parseSource(url, this.#rules.schemes);
    try {
      const size = await this.#opening(signal, (opening) =>
        askSize((ask) => this.#ask(source, ask, opening)),
      );
      this.#checkSize(size);
      return size;
    } catch (error) {
      signal?.throwIfAborted();
      if (isRegistryError(error, 'too_large')) throw error;
      throw sourceNotFound(new Error(`the size of ${redact(source)} is not known`, { cause: error }));
    }
  }

  /**
   * Opens a source, whole or from byte `start` to byte `end` (both inclusive), within `connectTimeout` + `idleTimeout`.
   * A server that knows no ranges has to send all before `start` too.
   * @throws RegistryError `unavailable` when the source cannot be fetched or is not as it should be, `too_large` beyond
   *   `sizeCap`; the stream fails with the same. The signal's reason when it aborts. RangeError when `start` and `end`
   *   make no range
   */
  async read(url: string, options: SourceReadOptions = {}): Promise<Readable> {
    checkRange(options);
    const { signal } = options;
    const limit = startTimeLimit(this.#rules.totalTimeout, 'fetching a source', signal);
    try {
      const body = await this.#open(url, options, limit.signal);
      body.once('close', limit.end);
      return endOnAbort(body, limit.signal);
    } catch (error) {
      limit.end();
      signal?.throwIfAborted();
      if (isRegistryError(error, 'too_large')) throw error;
      throw sourceUnavailable(`${redact(url)} cannot be fetched`, error);
    }
  }

  async #open(url: string, wanted: SourceReadOptions, signal: AbortSignal): Promise<Readable> {
    signal.throwIfAborted();
    const { schemes, idleTimeout: idle, sizeCap: cap } = this.#rules;
    const source = parseSource(url, schemes);
    this.#checkSize(wanted.size ?? 0);
    // No Range header can ask for nothing.
    if (wanted.start === wanted.size && wanted.size !== undefined && wanted.end === undefined) {
      return Readable.from([], { objectMode: false });
    }
    const answer = await this.#opening(signal, (opening) => this.#ask(source, askFor(wanted), opening));
    try {
      const part = partOf(answer, wanted);
      this.#checkSize(part.size ?? 0);
      const leastRate = wanted.unattended === true ? new LeastRate(this.#rules.leastRate, idle * 2) : null;
      return new SourceBody(answer, part, { name: redact(source), idle, cap, leastRate });
    } catch (error) {
      answer.destroy();
      throw error;
    }
  }

  #opening<T>(signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { connectTimeout, idleTimeout } = this.#rules;
    return within(connectTimeout + idleTimeout, 'the start of an answer', signal, work);
  }

  #ask(source: URL, ask: Ask, signal: AbortSignal): Promise<IncomingMessage> {
    return followRedirects(source, ask, this.#rules, signal);
  }

  #checkSize(size: number): void {
    if (size > this.#rules.sizeCap) throw sourceTooLarge(this.#rules.sizeCap);
  }
}
