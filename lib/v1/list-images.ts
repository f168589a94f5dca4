import type { PublicImage } from '../domain/image.js';
import type { Exchange, Handler } from '../http/context.js';
import { sendJson } from '../http/send-json.js';
import { readListQuery } from './list-query.js';
import { briefView, detailView } from './views.js';

/** `GET /v1/images`: the images that the caller may see, in brief. */
export const listImages: Handler = (exchange) => sendListing(exchange, 'images', briefView);

/** `GET /v1/images/detail`: the same with all their metadata. */
export const detailImages: Handler = (exchange) => sendListing(exchange, 'images/detail', detailView);

async function sendListing(
  exchange: Exchange,
  path: string,
  view: (image: PublicImage, base: string) => object,
): Promise<void> {
  const { request, response, caller, images, base, signal } = exchange;
  const { searchParams } = new URL(request.url, 'http://localhost');
  const page = await images.page(caller, readListQuery(searchParams), { signal });
  const link = (marker: string | null): string => linkTo(`${base}/v1/${path}`, searchParams, marker);
  const next = page.next === null ? null : link(page.next);
  const previous = page.previous === null ? null : link(page.previous.marker);
  setLink(exchange, next, previous);
  sendJson(response, 200, {
    images: page.images.map((image) => view(image, base)),
    ...(next === null ? {} : { next }),
    ...(previous === null ? {} : { previous }),
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

/** RFC 8288. */
function setLink({ response }: Exchange, next: string | null, previous: string | null): void {
  const links = [
    ...(next === null ? [] : [`<${next}>; rel="next"`]),
    ...(previous === null ? [] : [`<${previous}>; rel="prev"`]),
  ];
  if (links.length > 0) response.setHeader('Link', links.join(', '));
}
