import type { Image } from '../../../lib/domain/image.js';
import { isRegistryError } from '../../../lib/errors.js';
import type { Caller, ImageRegistry, ListRequest } from '../../../lib/index.js';
import { MEMBER, SHARER } from './callers.js';

/** One thing that the host app's own code may try with an image for a caller; gives what a table says of the answer over HTTP. */
type Attempt = (registry: ImageRegistry, caller: Caller, image: Image) => Promise<string>;

/** The word for an outcome of which only the status matters. */
const status =
  (done: string, work: (...given: Parameters<Attempt>) => Promise<unknown>): Attempt =>
  async (...given) => {
    await work(...given);
    return done;
  };

const listing =
  (request: ListRequest): Attempt =>
  async ({ images }, caller, { id, name }) => {
    for await (const image of images.all(caller, { ...request, filters: { name: name ?? '' } }))
      if (image.id === id) return 'listed';
    return '–';
  };

/** As the actions over HTTP, in their order and with the same words. */
const ATTEMPTS: readonly Attempt[] = [
  listing({}),
  listing({ isPublic: false }),
  listing({ isPublic: null }),
  listing({ changesSince: '2000-01-01' }),
  status('200', ({ images }, caller, { id }) => images.page(caller, { limit: 1, marker: id })),
  status('200', ({ images }, caller, { id }) => images.show(caller, id)),
  status('200', async ({ images }, caller, { id }) => (await images.download(caller, id)).stream.destroy()),
  status('200', ({ images }, caller, { id }) => images.update(caller, id, { min_ram: 5 })),
  status('200', ({ images }, caller, { id }) => images.update(caller, id, { visibility: 'public' })),
  status('200', ({ images }, caller, { id }) =>
    images.update(caller, id, {}, { data: Buffer.from('other data') }),
  ),
  status('200', ({ images }, caller, { id }) => images.remove(caller, id)),
  status('201', ({ images }, caller, { id }) => images.create(caller, { id })),
  async ({ members }, caller, { id }) => {
    const found = await members.list(caller, id);
    return found.length === 0 ? 'none' : found.map((member) => member.id).join(' ');
  },
  status('204', ({ members }, caller, { id }) => members.replace(caller, id, [{ member_id: 'white' }])),
  status('204', ({ members }, caller, { id }) => members.put(caller, id, 'white')),
  status('204', ({ members }, caller, { id }) => members.put(caller, id, MEMBER, true)),
  status('204', ({ members }, caller, { id }) => members.remove(caller, id, MEMBER)),
  status('204', ({ members }, caller, { id }) => members.remove(caller, id, SHARER)),
  async ({ members }, caller, { id }) =>
    (await members.sharedWith(caller, MEMBER)).some(({ image_id }) => image_id === id) ? 'listed' : '–',
];

/** The attempts by the place of their action, refusals as the status of their answer. */
export const FACE_ATTEMPTS: readonly Attempt[] = ATTEMPTS.map((attempt) => async (...given) => {
  try {
    return await attempt(...given);
  } catch (error) {
    if (!isRegistryError(error)) throw error;
    return String(error.status);
  }
});
