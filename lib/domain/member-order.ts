import type { Image, Member } from './image.js';

/** Most places that are remembered; the oldest of former members go first. */
const PLACES = 256;

type Sharing = Pick<Image, 'members' | 'memberOrder'>;

/**
 * The members of an image and their order after a change. Former members keep their place in the order, as in the reference, where one who is
 * added again is listed where it was.
 */
export function withMembers(image: Sharing, members: readonly Member[]): Sharing {
  const known = image.memberOrder ?? image.members.map(({ id }) => id);
  const current = new Set(members.map(({ id }) => id));
  const order = [...known, ...[...current].filter((id) => !known.includes(id))];
  // Nobody has left: the order is that of the members.
  if (order.length === current.size) return { members };
  const former = order.filter((id) => !current.has(id));
  const forgotten = new Set(former.slice(0, Math.max(0, order.length - PLACES)));
  return { members, memberOrder: order.filter((id) => !forgotten.has(id)) };
}

/** Members with the last one, who is new, in the place that it once had; it stays where it is when it never had one. */
export function inFormerPlace({ memberOrder = [] }: Sharing, members: readonly Member[]): readonly Member[] {
  const added = members.at(-1);
  const place = added === undefined ? -1 : memberOrder.indexOf(added.id);
  if (added === undefined || place === -1) return members;
  const before = new Set(memberOrder.slice(0, place));
  const others = members.slice(0, -1);
  return [...others.filter(({ id }) => before.has(id)), added, ...others.filter(({ id }) => !before.has(id))];
}
