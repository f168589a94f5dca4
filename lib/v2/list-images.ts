import { sendList } from '../http/send-list.js';
import type { V2Handler } from './exchange.js';
import { linkTo } from './listing/links.js';
import { readListQuery } from './listing/list-query.js';

const PATH = '/v2/images';

/** `GET /v2/images`: the images that the caller may see, a page at a time. */
export const listImages: V2Handler = async (exchange) => {
  const { request, caller, images, texts, signal } = exchange;
  const { searchParams } = new URL(request.url, 'http://localhost');
  const page = await images.stream(caller, readListQuery(searchParams), { signal });
  const seen: { count: number; last: string | null } = { count: 0, last: null };
  await sendList(exchange, {
    key: 'images',
    batches: page.batches,
    textOf: (image) => {
      seen.count += 1;
      seen.last = image.id;
      return texts.of(image);
    },
    rest: () => ({
      first: linkTo(PATH, searchParams, null),
      // As the reference: a page that is full has a next one, which may be empty.
      ...(seen.count === page.limit && seen.last !== null
        ? { next: linkTo(PATH, searchParams, seen.last) }
        : {}),
      schema: '/v2/schemas/images',
    }),
  });
};
