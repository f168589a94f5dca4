import type { PublicImage } from '../domain/image.js';
import { sendListing, type ListDocument } from '../http/send-list.js';
import type { PageStream } from '../services/list-images.js';
import type { V2Handler } from './exchange.js';
import { linkTo } from './listing/links.js';
import { readListQuery } from './listing/list-query.js';

const PATH = '/v2/images';

/** `GET /v2/images`: the images that the caller may see, a page at a time. */
export const listImages: V2Handler = async (exchange) => {
  const { search, texts } = exchange;
  const given = new URLSearchParams(search);
  const document = ({ batches, limit }: PageStream): ListDocument<PublicImage> => {
    const seen: { count: number; last: string | null } = { count: 0, last: null };
    return {
      key: 'images',
      batches,
      textOf: (image) => {
        seen.count += 1;
        seen.last = image.id;
        return texts.of(image);
      },
      rest: () => ({
        keys: {
          first: linkTo(PATH, given, null),
          // As the reference: a page that is full has a next one, which may be empty.
          ...(seen.count === limit && seen.last !== null ? { next: linkTo(PATH, given, seen.last) } : {}),
          schema: '/v2/schemas/images',
        },
      }),
    };
  };
  await sendListing(exchange, { kind: 'v2/images', wanted: readListQuery(given), document });
};
