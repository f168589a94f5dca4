import { isDeleted, type Image } from '../domain/image.js';
import { isRegistryError, RegistryError } from '../errors.js';
import type { Exchange, Handler } from '../http/context.js';
import { sendJson } from '../http/send-json.js';
import { fromMarker, readListQuery, type ListRequest } from './list-query.js';
import { briefView, detailView } from './views.js';

/** `GET /v1/images`: the images that the caller may see, in brief. */
export const listImages: Handler = (exchange) => sendListing(exchange, 'images', briefView);

/** `GET /v1/images/detail`: the same with all their metadata. */
export const detailImages: Handler = (exchange) => sendListing(exchange, 'images/detail', detailView);

async function sendListing(
  exchange: Exchange,
  path: string,
  view: (image: Image, base: string) => object,
): Promise<void> {
  const { request, response, caller, images, settings, base, signal } = exchange;
  const { searchParams } = new URL(request.url, 'http://localhost');
  const wanted = readListQuery(searchParams, caller, settings, (key) => images.canReadProperty(caller, key));
  const marker = await findMarker(exchange, wanted);
  const query = fromMarker(wanted, marker);
  // One more tells whether there is a next page.
  const found =
    wanted.limit === 0 ? [] : await images.list(caller, { ...query, limit: wanted.limit + 1 }, signal);
  const page = found.slice(0, wanted.limit);
  const link = (id: string | null): string => linkTo(`${base}/v1/${path}`, searchParams, id);
  const last = page.at(-1);
  const next = found.length > page.length && last !== undefined ? link(last.id) : null;
  const before = await markerBefore(exchange, wanted, marker);
  const previous = before === null ? null : link(before.id);
  setLink(exchange, next, previous);
  sendJson(response, 200, {
    images: page.map((image) => view(image, base)),
    ...(next === null ? {} : { next }),
    ...(previous === null ? {} : { previous }),
  });
}

async function findMarker({ images, caller }: Exchange, { marker }: ListRequest): Promise<Image | null> {
  if (marker === null) return null;
  try {
    const image = await images.show(caller, marker);
    if (!isDeleted(image)) return image;
  } catch (error) {
    if (!isRegistryError(error, 'not_found')) throw error;
  }
  throw new RegistryError('bad_request', 'There is no image with the id of the marker.');
}

/**
 * The marker of the page before, found by reading backwards from this page's own marker; its id is null when that page is the first one.
 * Null when nothing comes before.
 */
async function markerBefore(
  { images, caller, signal }: Exchange,
  wanted: ListRequest,
  marker: Image | null,
): Promise<{ id: string | null } | null> {
  if (marker === null || wanted.limit === 0) return null;
  const before = await images.list(
    caller,
    {
      ...fromMarker(wanted, null),
      from: { image: marker, inclusive: true },
      sortDir: wanted.sortDir === 'asc' ? 'desc' : 'asc',
      limit: wanted.limit + 1,
    },
    signal,
  );
  return before.length === 0 ? null : { id: before[wanted.limit]?.id ?? null };
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
