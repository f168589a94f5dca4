import { noSuchImage } from '../domain/access.js';
import type { Caller } from '../domain/identity.js';
import type { Image, ImageStatus } from '../domain/image.js';
import { publicImage } from '../domain/public-image.js';
import { RegistryError } from '../errors.js';
import { actorOf } from './events.js';
import type { Judge } from './judge.js';
import type { Parts } from './parts.js';

const SWITCHES = {
  deactivate: { from: 'active', to: 'deactivated' },
  reactivate: { from: 'deactivated', to: 'active' },
} as const satisfies Record<string, { from: ImageStatus; to: ImageStatus }>;

/** Takes the data of an image out of reach, or back; doing it again changes nothing. */
export async function switchImage(
  { catalogue, clock, events }: Parts,
  judge: Judge,
  caller: Caller,
  id: string,
  action: keyof typeof SWITCHES,
): Promise<Image> {
  const { from, to } = SWITCHES[action];
  judge.beforeChange(caller, [action]);
  const outcome = { touched: false };
  const changed = await catalogue.update(id, (current) => {
    const image = judge.owned(caller, current, [action]);
    outcome.touched = image.status === from;
    if (image.status !== from && image.status !== to)
      throw new RegistryError('forbidden', `An image that is ${image.status} cannot be made ${to}.`);
    return outcome.touched ? { ...image, status: to, updated_at: clock.now() } : null;
  });
  if (changed === undefined) throw noSuchImage();
  if (outcome.touched) events.tell(`image.${action}`, publicImage(changed.image), { by: actorOf(caller) });
  return changed.image;
}
