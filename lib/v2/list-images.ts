import { sendList } from '../http/send-list.js';
import type { V2Handler } from './exchange.js';
import { linkTo } from './listing/links.js';
import { readListQuery } from './listing/list-query.js';

const PATH = '/v2/images';

/** `GET /v2/images`: the images that the caller may see, a page at a time. */
export const listImages: V2Handler = async (exchange) => {
  const { search, caller, images, texts, signal } = exchange;
  const given = new URLSearchParams(search);
  const page = await images.stream(caller, readListQuery(given), { signal });
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
      first: linkTo(PATH, given, null),
      // As the reference: a page that is full has a next one, which may be empty.
      ...(seen.count === page.limit && seen.last !== null ? { next: linkTo(PATH, given, seen.last) } : {}),
      schema: '/v2/schemas/images',
    }),
  });
};
