import type { PublicImage } from '../domain/image.js';
import type { Exchange, Handler } from '../http/context.js';
import { KeptViews } from '../http/kept-views.js';
import { sendListing, type ListDocument } from '../http/send-list.js';
import type { PageStream } from '../services/list-images.js';
import { readListQuery } from './list-query.js';
import { briefView, detailView } from './views.js';

/** `GET /v1/images`: the images that the caller may see, in brief. */
export function listImages(): Handler {
  const texts = new KeptViews((image, base) => JSON.stringify(briefView(image, base)));
  return (exchange) => sendPage(exchange, 'images', texts);
}

/** `GET /v1/images/detail`: the same with all their metadata. */
export function detailImages(): Handler {
  const texts = new KeptViews((image, base) => JSON.stringify(detailView(image, base)));
  return (exchange) => sendPage(exchange, 'images/detail', texts);
}

async function sendPage(exchange: Exchange, path: string, texts: KeptViews<string>): Promise<void> {
  const { search, base } = exchange;
  const given = new URLSearchParams(search);
  const link = (marker: string | null): string => linkTo(`${base}/v1/${path}`, given, marker);
  const document = (page: PageStream): ListDocument<PublicImage> => ({
    key: 'images',
    batches: page.batches,
    textOf: (image) => texts.of(image, base),
    rest: () => {
      const [behind, before] = [page.next(), page.previous()];
      const next = behind === null ? null : link(behind);
      const previous = before === null ? null : link(before.marker);
      return {
        keys: { ...(next === null ? {} : { next }), ...(previous === null ? {} : { previous }) },
        headers: linkHeader(next, previous),
      };
    },
  });
  await sendListing(exchange, { kind: `v1/${path}`, wanted: readListQuery(given), document });
}

/** The same listing from another marker on. */
function linkTo(address: string, given: URLSearchParams, marker: string | null): string {
  const parameters = new URLSearchParams(given);
  if (marker === null) parameters.delete('marker');
  else parameters.set('marker', marker);
  const text = parameters.toString();
  return text === '' ? address : `${address}?${text}`;
}

/** RFC 8288. */
function linkHeader(next: string | null, previous: string | null): Readonly<Record<string, string>> {
  const links = [
    ...(next === null ? [] : [`<${next}>; rel="next"`]),
    ...(previous === null ? [] : [`<${previous}>; rel="prev"`]),
  ];
  return links.length === 0 ? {} : { Link: links.join(', ') };
}
