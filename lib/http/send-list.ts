import { once } from 'node:events';
import type { PublicImage } from '../domain/image.js';
import type { ListRequest } from '../domain/list-request.js';
import type { PageStream } from '../services/list-images.js';
import type { Exchange } from './context.js';
import type { Answer } from './kept-answers.js';
import { sendJsonBytes, sendJsonText } from './send-json.js';

/** Characters of a list that are gathered before the first of them are sent; a list that is whole by then has a Content-Length. */
const GATHERED = 256 * 1024;

/** A list as a JSON document: an object with the items under one key, and what is known behind them. */
export interface ListDocument<T> {
  readonly key: string;
  /** The items, as many at a time as are read at once. */
  readonly batches: AsyncIterable<readonly T[]>;
  /** JSON of an item. */
  readonly textOf: (item: T) => string;
  /** What is known when all items have been taken. */
  readonly rest: () => ListRest;
}

export interface ListRest {
  /** Further keys. */
  readonly keys: object;
  /** Left out of an answer that is too large to be gathered: its headers are out before the end is known. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** How one version of the API lists images. */
export interface Listing {
  /** Another one for each kind of answer that there is to a query. */
  readonly kind: string;
  readonly wanted: ListRequest;
  readonly document: (page: PageStream) => ListDocument<PublicImage>;
}

/** Sends a listing of images, as it was sent last time where it is still so. */
export async function sendListing(exchange: Exchange, { kind, wanted, document }: Listing): Promise<void> {
  const { caller, images, answers, signal } = exchange;
  const read = async (): Promise<ListDocument<PublicImage>> =>
    document(await images.stream(caller, wanted, { signal }));
  const stamp = await images.stampOf(caller, wanted);
  if (stamp === undefined) {
    await sendList(exchange, await read());
    return;
  }
  const key = keyOf(kind, exchange);
  const known = answers.find(key, stamp);
  if (known !== undefined) {
    sendAnswer(exchange, known);
    return;
  }
  const sent = await sendList(exchange, await read());
  // What was committed in the meantime may be in it or not.
  if (sent !== null && (await images.stampOf(caller, wanted)) === stamp) answers.keep(key, stamp, sent);
}

/**
 * Sends a list while it is read, no faster than the client takes it. What fails after the first bytes is thrown, for the
 * connection to be broken: an answer that is not whole is no JSON.
 * @returns what was sent; null when that was too large to be gathered
 */
export async function sendList<T>(exchange: Exchange, list: ListDocument<T>): Promise<Answer<string> | null> {
  const { response } = exchange;
  let text = `{${JSON.stringify(list.key)}:[`;
  let separator = '';
  for await (const batch of list.batches) {
    for (const item of batch) {
      text += separator + list.textOf(item);
      separator = ',';
      if (text.length < GATHERED) continue;
      if (!response.headersSent) {
        response.statusCode = 200;
        response.setHeader('Content-Type', 'application/json');
      }
      if (!response.write(text)) await once(response, 'drain', { signal: exchange.signal });
      text = '';
    }
  }
  const { keys, headers = {} } = list.rest();
  const rest = JSON.stringify(keys).slice(1, -1);
  text += rest === '' ? ']}' : `],${rest}}`;
  if (response.headersSent) {
    response.end(text);
    return null;
  }
  const answer = { body: text, headers };
  sendAnswer(exchange, answer);
  return answer;
}

function sendAnswer({ response }: Exchange, { body, headers }: Answer<string | Buffer>): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (typeof body === 'string') sendJsonText(response, 200, body);
  else sendJsonBytes(response, 200, body);
}

/**
 * All that an answer depends on where every caller may read every image that the rules of the API let it see: whose images these are, what was asked for,
 * and the addresses in it.
 */
function keyOf(kind: string, { caller, base, search }: Exchange): string {
  return JSON.stringify([kind, caller.project, caller.admin, base, search]);
}
