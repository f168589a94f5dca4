import { once } from 'node:events';
import type { Exchange } from './context.js';
import { sendJsonText } from './send-json.js';

/** Characters of a list that are gathered before the first of them are sent; a list that is whole by then has a Content-Length. */
const GATHERED = 256 * 1024;

/** A list as a JSON document: an object with the items under one key, and what is known behind them. */
export interface ListDocument<T> {
  readonly key: string;
  /** The items, as many at a time as are read at once. */
  readonly batches: AsyncIterable<readonly T[]>;
  /** JSON of an item. */
  readonly textOf: (item: T) => string;
  /** Further keys, asked for when all items have been taken. */
  readonly rest: () => object;
}

/**
 * Sends a list while it is read, no faster than the client takes it. What fails after the first bytes is thrown, for the
 * connection to be broken: an answer that is not whole is no JSON.
 */
export async function sendList<T>(exchange: Exchange, list: ListDocument<T>): Promise<void> {
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
  const rest = JSON.stringify(list.rest()).slice(1, -1);
  text += rest === '' ? ']}' : `],${rest}}`;
  if (response.headersSent) response.end(text);
  else sendJsonText(response, 200, text);
}
