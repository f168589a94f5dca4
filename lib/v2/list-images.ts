import { sendJson } from '../http/send-json.js';
import type { V2Handler } from './exchange.js';
import { linkTo } from './listing/links.js';
import { readListQuery } from './listing/list-query.js';
import { imageView } from './views.js';

const PATH = '/v2/images';

/** `GET /v2/images`: the images that the caller may see, a page at a time. */
export const listImages: V2Handler = async ({
  request,
  response,
  caller,
  images,
  schemaProperties,
  signal,
}) => {
  const { searchParams } = new URL(request.url, 'http://localhost');
  const page = await images.page(caller, readListQuery(searchParams), { signal });
  const last = page.images.at(-1);
  // As the reference: a page that is full has a next one, which may be empty.
  const isFull = last !== undefined && page.images.length === page.limit;
  sendJson(response, 200, {
    images: page.images.map((image) => imageView(image, schemaProperties)),
    first: linkTo(PATH, searchParams, null),
    ...(isFull ? { next: linkTo(PATH, searchParams, last.id) } : {}),
    schema: '/v2/schemas/images',
  });
};
