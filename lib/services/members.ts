import {
  canManageMembers,
  canShare,
  isOwner,
  noSuchImage,
  requireWriter,
  visibleTo,
} from '../domain/access.js';
import type { Caller } from '../domain/identity.js';
import { isDeleted, MEMBER_STATUSES, STATUSES, type Image, type Member } from '../domain/image.js';
import * as rules from '../domain/member-rules.js';
import type { Scope } from '../domain/query.js';
import { publicImage } from './events.js';
import type { Parts } from './parts.js';

/** The use cases on members: the projects that an image is shared with. */
export class Members {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * The members of an image; a member that is neither owner nor admin sees its own membership alone.
   * @throws RegistryError `not_found`, `forbidden`
   */
  async list(caller: Caller, id: string): Promise<readonly Member[]> {
    const image = shareable(caller, (await this.#parts.catalogue.get(id))?.image);
    this.#parts.access.require('get_members', caller, image);
    if (canManageMembers(caller, image)) return image.members;
    return image.members.filter((member) => member.id === caller.project);
  }

  /**
   * Makes exactly these projects the members of an image.
   * @throws RegistryError `unauthorized`, `forbidden`, `not_found`, `too_large` when the quota is passed
   */
  async replace(caller: Caller, id: string, wanted: readonly rules.WantedMember[]): Promise<void> {
    await this.#change(caller, id, (image, now) => {
      if (!canManageMembers(caller, image)) throw noSuchImage();
      const members = rules.replaceMembers(image.members, wanted, now);
      this.#requireReplace(caller, image, members);
      return members;
    });
  }

  /**
   * Adds a member, or changes whether it may share; without `can_share` an old member keeps its own and a new one gets false.
   * @throws RegistryError `unauthorized`, `forbidden`, `not_found`, `too_large` when the quota is passed
   */
  async put(caller: Caller, id: string, wanted: rules.WantedMember): Promise<void> {
    await this.#change(caller, id, (image, now) => {
      if (!canShare(caller, image)) throw noSuchImage();
      const known = image.members.find((member) => member.id === wanted.member_id);
      this.#parts.access.require(
        known === undefined ? 'add_member' : 'modify_member',
        caller,
        image,
        wanted.member_id,
      );
      const members = rules.putMember(image.members, wanted, now);
      // One who was only trusted to share may not change what others were given.
      if (known !== undefined && members !== image.members && !canManageMembers(caller, image)) {
        if (known.id !== caller.project) throw noSuchImage();
      }
      return members;
    });
  }

  /**
   * Takes a member away.
   * @throws RegistryError `unauthorized`, `forbidden`, `not_found`
   */
  async remove(caller: Caller, id: string, member: string): Promise<void> {
    await this.#change(caller, id, (image) => {
      const itself = member === caller.project && canShare(caller, image);
      if (!canManageMembers(caller, image) && !itself) throw noSuchImage();
      this.#parts.access.require('delete_member', caller, image, member);
      if (!image.members.some(({ id: known }) => known === member)) throw noSuchImage();
      return image.members.filter(({ id: known }) => known !== member);
    });
  }

  /**
   * The images shared with a project that the caller may know of: all for an admin, for others when they are that project
   * or own the image.
   * @throws RegistryError `forbidden`
   */
  async sharedWith(caller: Caller, project: string, signal: AbortSignal): Promise<Shared[]> {
    this.#parts.access.require('get_members', caller, null);
    const scopes = MEMBER_STATUSES.map((status): Scope => ({ kind: 'member', project, status }));
    const all = caller.admin || caller.project === project;
    const filters = all ? [] : [{ test: (image: Image) => isOwner(caller, image) }];
    const statuses = STATUSES.filter((status) => !isDeleted({ status }));
    const shared: Shared[] = [];
    const query = { scopes, statuses, filters, sortKey: 'created_at' } as const;
    for await (const image of this.#parts.catalogue.walk(query, signal)) {
      const member = image.members.find(({ id }) => id === project);
      if (member !== undefined) shared.push({ image_id: image.id, can_share: member.can_share });
    }
    return shared;
  }

  /** Who may not add or take away one member may not do it by naming them all either. */
  #requireReplace(caller: Caller, image: Image, members: readonly Member[]): void {
    const { access } = this.#parts;
    access.require('modify_member', caller, image);
    for (const { id } of rules.missingFrom(image.members, members))
      access.require('add_member', caller, image, id);
    for (const { id } of rules.missingFrom(members, image.members))
      access.require('delete_member', caller, image, id);
  }

  async #change(
    caller: Caller,
    id: string,
    change: (image: Image, now: string) => readonly Member[],
  ): Promise<void> {
    const { catalogue, clock, events, limits } = this.#parts;
    requireWriter(caller);
    const outcome = { touched: false };
    const changed = await catalogue.update(id, (current) => {
      const image = shareable(caller, current);
      const members = change(image, clock.now());
      outcome.touched = members !== image.members;
      if (!outcome.touched) return null;
      rules.requireMemberQuota(image.members, members, limits.imageMemberQuota);
      return { ...image, members };
    });
    if (changed === undefined) throw noSuchImage();
    if (outcome.touched) events.tell('image.update', publicImage(changed.image));
  }
}

/** An image shared with a project. */
export interface Shared {
  readonly image_id: string;
  readonly can_share: boolean;
}

/** A deleted image has no members, for admins neither. */
function shareable(caller: Caller, image: Image | undefined): Image {
  const visible = visibleTo(caller, image);
  if (isDeleted(visible)) throw noSuchImage();
  return visible;
}
