import { once } from 'node:events';
import type { Exchange } from './context.js';
import { sendJsonText } from './send-json.js';

/** Characters of a list that are gathered before the first of them are sent; a list that is whole by then has a Content-Length. */
const GATHERED = 256 * 1024;

/** A list as a JSON document: an object with the items under one key, and what is known behind them. */
export interface ListDocument {
  readonly key: string;
  /** JSON of each. */
  readonly items: AsyncIterable<string>;
  /** Further keys, asked for when all items have been taken. */
  readonly rest: () => object;
}

/**
 * Sends a list while it is read, item by item and no faster than the client takes it. What fails after the first bytes is thrown, for the
 * connection to be broken: an answer that is not whole is no JSON.
 */
export async function sendList({ response, signal }: Exchange, list: ListDocument): Promise<void> {
  let text = `{${JSON.stringify(list.key)}:[`;
  let separator = '';
  for await (const item of list.items) {
    text += separator + item;
    separator = ',';
    if (text.length < GATHERED) continue;
    if (!response.headersSent) {
      response.statusCode = 200;
      response.setHeader('Content-Type', 'application/json');
    }
    if (!response.write(text)) await once(response, 'drain', { signal });
    text = '';
  }
  const rest = JSON.stringify(list.rest()).slice(1, -1);
  text += rest === '' ? ']}' : `],${rest}}`;
  if (response.headersSent) response.end(text);
  else sendJsonText(response, 200, text);
}
