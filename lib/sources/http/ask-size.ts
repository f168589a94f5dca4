import type { IncomingMessage } from 'node:http';
import { checkPlain, contentRange, declaredLength } from './answer-facts.js';
import type { Ask } from './safe-request.js';

/** Answers of servers that do not take HEAD, or whose signed addresses are for GET alone. */
const NO_HEAD: ReadonlySet<number | undefined> = new Set([400, 403, 405, 501]);

/**
 * Asks for the size of a source: with HEAD, and where that does not tell, with GET for its first byte.
 * @param ask sends a request
 * @returns bytes
 * @throws Error when the source does not tell
 */
export async function askSize(ask: (what: Ask) => Promise<IncomingMessage>): Promise<number> {
  const head = await ask({ method: 'HEAD' });
  head.destroy();
  if (head.statusCode === 200) {
    checkPlain(head);
    const length = declaredLength(head);
    // Programs that answer GET often say 0 here without looking.
    if (length !== null && length > 0) return length;
  } else if (!NO_HEAD.has(head.statusCode)) {
    throw new Error(`the source answers ${String(head.statusCode)}`);
  }
  const answer = await ask({ method: 'GET', range: 'bytes=0-0' });
  answer.destroy();
  const size = sizeIn(answer);
  if (size === null) throw new Error('the source does not tell its size');
  return size;
}

function sizeIn(answer: IncomingMessage): number | null {
  switch (answer.statusCode) {
    case 200:
      checkPlain(answer);
      return declaredLength(answer);
    case 206:
      checkPlain(answer);
      return contentRange(answer)?.size ?? null;
    case 416:
      // An empty source has no first byte.
      return contentRange(answer)?.size === 0 ? 0 : null;
    default:
      throw new Error(`the source answers ${String(answer.statusCode)}`);
  }
}
