import type { Exchange, Handler } from '../http/context.js';
import { KeptViews } from '../http/kept-views.js';
import { sendList } from '../http/send-list.js';
import { readListQuery } from './list-query.js';
import { briefView, detailView } from './views.js';

/** `GET /v1/images`: the images that the caller may see, in brief. */
export function listImages(): Handler {
  const texts = new KeptViews((image, base) => JSON.stringify(briefView(image, base)));
  return (exchange) => sendListing(exchange, 'images', texts);
}

/** `GET /v1/images/detail`: the same with all their metadata. */
export function detailImages(): Handler {
  const texts = new KeptViews((image, base) => JSON.stringify(detailView(image, base)));
  return (exchange) => sendListing(exchange, 'images/detail', texts);
}

async function sendListing(exchange: Exchange, path: string, texts: KeptViews<string>): Promise<void> {
  const { search, caller, images, base, signal } = exchange;
  const given = new URLSearchParams(search);
  const page = await images.stream(caller, readListQuery(given), { signal });
  const link = (marker: string | null): string => linkTo(`${base}/v1/${path}`, given, marker);
  await sendList(exchange, {
    key: 'images',
    batches: page.batches,
    textOf: (image) => texts.of(image, base),
    rest: () => {
      const [behind, before] = [page.next(), page.previous()];
      const next = behind === null ? null : link(behind);
      const previous = before === null ? null : link(before.marker);
      setLink(exchange, next, previous);
      return { ...(next === null ? {} : { next }), ...(previous === null ? {} : { previous }) };
    },
  });
}

/** The same listing from another marker on. */
function linkTo(address: string, given: URLSearchParams, marker: string | null): string {
  const parameters = new URLSearchParams(given);
  if (marker === null) parameters.delete('marker');
  else parameters.set('marker', marker);
  const text = parameters.toString();
  return text === '' ? address : `${address}?${text}`;
}

/** RFC 8288. A page that is too large to be gathered has its headers out before its end is known. */
function setLink({ response }: Exchange, next: string | null, previous: string | null): void {
  if (response.headersSent) return;
  const links = [
    ...(next === null ? [] : [`<${next}>; rel="next"`]),
    ...(previous === null ? [] : [`<${previous}>; rel="prev"`]),
  ];
  if (links.length > 0) response.setHeader('Link', links.join(', '));
}
