import { isOwner, noSuchImage } from '../domain/access.js';
import { DIALECTS, type DialectName } from '../domain/dialect.js';
import type { Caller } from '../domain/identity.js';
import { isDeleted, STATUSES, type Image, type Member, type MemberStatus } from '../domain/image.js';
import { requireRecordSize } from '../domain/metadata-limits.js';
import { inFormerPlace, withMembers } from '../domain/member-order.js';
import * as rules from '../domain/member-rules.js';
import type { Action } from '../domain/policy/actions.js';
import { publicImage } from '../domain/public-image.js';
import { scopesSharedWith } from '../domain/scopes.js';
import * as sharing from '../domain/sharing.js';
import { RegistryError } from '../errors.js';
import { actorOf } from './events.js';
import type { Ready, WithSignal } from './images.js';
import { Judge } from './judge.js';
import { outcomeOf, valueOf, type Lazily } from './lazily.js';
import type { Parts } from './parts.js';

/** An image shared with a project. */
export interface Shared {
  readonly image_id: string;
  readonly can_share: boolean;
}

/** The use cases on members: the projects that an image is shared with. Each waits until the registry is ready, and may throw RegistryError `unavailable`. */
export class Members {
  readonly #parts: Parts;
  readonly #ready: Ready;
  readonly #judge: Judge;

  /**
   * @param dialect the version of the API whose answers are given
   * @param ready each call waits for it
   */
  constructor(parts: Parts, dialect: DialectName, ready: Ready) {
    this.#parts = parts;
    this.#ready = ready;
    this.#judge = new Judge(parts, DIALECTS[dialect]);
  }

  /** The same use cases with the answers of another version of the API. */
  speaking(dialect: DialectName): Members {
    return new Members(this.#parts, dialect, this.#ready);
  }

  /**
   * The members of an image, in the order in which they were added; a member that is neither owner nor admin sees its own membership alone.
   * @throws RegistryError `not_found`, `forbidden`
   */
  async list(caller: Caller, id: string): Promise<readonly Member[]> {
    await this.#ready();
    this.#judge.beforeLookup(caller, ['get_members']);
    const image = this.#shared(caller, (await this.#parts.catalogue.get(id))?.image, 'get_members');
    return sharing.knownMembers(caller, image);
  }

  /**
   * One membership, for the image's owner, admins and that member.
   * @throws RegistryError `not_found`, `forbidden`
   */
  async show(caller: Caller, id: string, project: string): Promise<Member> {
    await this.#ready();
    this.#judge.beforeLookup(caller, ['get_member']);
    const image = this.#judge.visible(caller, (await this.#parts.catalogue.get(id))?.image);
    this.#judge.access.require('get_member', caller, image, project);
    const { visibilities } = this.#judge.dialect.sharing;
    const known = visibilities.includes(image.visibility) ? sharing.knownMembers(caller, image) : [];
    const member = known.find((one) => one.id === project);
    if (member === undefined) throw sharing.noSuchMember();
    return member;
  }

  /**
   * Adds a member, whose status is `pending`.
   * @throws RegistryError `bad_request`, `unauthorized`, `forbidden`, `not_found`, `too_large` when the quota is passed, `conflict` when it is
   *   a member
   */
  async add(caller: Caller, id: string, project: string): Promise<Member> {
    await this.#ready();
    this.#judge.beforeChange(caller, ['add_member']);
    const wanted = { member_id: rules.checkProject(project) };
    const { members } = await this.#change(caller, id, 'add_member', project, (image, now) => {
      this.#requireSharer(caller, image, true);
      const isNew = !image.members.some((member) => member.id === project);
      this.#requireQuota(image, image.members.length + 1);
      if (!isNew) throw new RegistryError('conflict', 'The image is already shared with this project.');
      return inFormerPlace(image, rules.putMember(image.members, wanted, now));
    });
    return found(members, project);
  }

  /**
   * Makes exactly these projects the members of an image; kept ones keep their place, and without `can_share` their own.
   * @throws RegistryError `unauthorized`, `forbidden`, `not_found`, `too_large` when the quota is passed, `bad_request`
   */
  async replace(caller: Caller, id: string, wanted: Lazily<readonly rules.WantedMember[]>): Promise<void> {
    await this.#ready();
    this.#judge.beforeChange(caller, ['modify_member']);
    const given = outcomeOf(wanted);
    await this.#change(caller, id, 'modify_member', undefined, (image, now) => {
      const count = Array.isArray(given.value) ? given.value.length : 0;
      this.#requireQuota(image, count);
      this.#requireSharer(caller, image, false);
      const members = rules.replaceMembers(image.members, rules.readMembers(valueOf(given)), now);
      this.#requireEach(caller, image, members);
      return members;
    });
  }

  /**
   * Adds a member, or changes whether it may share; without `can_share` an old member keeps its own and a new one gets false.
   * @throws RegistryError as `replace`
   */
  async put(
    caller: Caller,
    id: string,
    project: string,
    canShare?: Lazily<boolean | undefined>,
  ): Promise<void> {
    await this.#ready();
    this.#judge.beforeChange(caller, ['modify_member']);
    const given = outcomeOf(canShare);
    await this.#change(caller, id, 'modify_member', project, (image, now) => {
      const known = image.members.find((member) => member.id === project);
      if (known === undefined) {
        this.#judge.access.require('add_member', caller, image, project);
        this.#requireQuota(image, image.members.length + 1);
      }
      this.#requireSharer(caller, image, true);
      const wanted = rules.readMember({ member_id: project, can_share: valueOf(given) });
      const members = rules.putMember(image.members, wanted, now);
      // One who was only trusted to share may not change what others were given.
      if (known !== undefined && members !== image.members && known.id !== caller.project)
        this.#requireSharer(caller, image, false);
      return members;
    });
  }

  /**
   * Says whether a member accepts the image: for that member itself, and admins.
   * @throws RegistryError `unauthorized`, `forbidden` for the image's owner, `not_found`, `bad_request`
   */
  async setStatus(caller: Caller, id: string, project: string, status: MemberStatus): Promise<Member> {
    await this.#ready();
    this.#judge.beforeChange(caller, ['modify_member']);
    const { members } = await this.#change(caller, id, 'modify_member', project, (image, now) => {
      const member = sharing.ownMembership(caller, image, project);
      return rules.setStatus(image.members, member, rules.readMemberStatus(status), now);
    });
    return found(members, project);
  }

  /**
   * Takes a member away.
   * @throws RegistryError `unauthorized`, `forbidden`, `not_found`
   */
  async remove(caller: Caller, id: string, project: string): Promise<void> {
    await this.#ready();
    this.#judge.beforeChange(caller, ['delete_member']);
    const { tellsMissing, visibilities } = this.#judge.dialect.sharing;
    const requireMember = ({ members }: Image): void => {
      if (!members.some((member) => member.id === project)) throw sharing.noSuchMember();
    };
    await this.#change(
      caller,
      id,
      'delete_member',
      project,
      (image) => {
        this.#requireSharer(caller, image, project === caller.project);
        requireMember(image);
        return image.members.filter((member) => member.id !== project);
      },
      (image) => {
        if (tellsMissing && visibilities.includes(image.visibility)) requireMember(image);
      },
    );
  }

  /**
   * The images shared with a project that the caller may know of: all for an admin, for others when they are that project
   * or own the image.
   * @throws RegistryError `forbidden`
   */
  async sharedWith(caller: Caller, project: string, { signal }: WithSignal = {}): Promise<Shared[]> {
    await this.#ready();
    const { access } = this.#judge;
    access.require('get_members', caller, null);
    const all = caller.admin || caller.project === project;
    const allowed = [access.filterBy('get_image', caller), access.filterBy('get_members', caller)];
    const filters = [
      ...(all ? [] : [{ test: (image: Image) => isOwner(caller, image) }]),
      ...allowed.filter((filter) => filter !== null),
    ];
    const statuses = STATUSES.filter((status) => !isDeleted({ status }));
    const shared: Shared[] = [];
    const query = { scopes: scopesSharedWith(project), statuses, filters, sortKey: 'created_at' } as const;
    for await (const image of this.#parts.catalogue.walk(query, signal)) {
      const member = image.members.find(({ id }) => id === project);
      if (member !== undefined) shared.push({ image_id: image.id, can_share: member.can_share });
    }
    return shared;
  }

  /** An image that has members, when the caller may do this. A deleted image has none, for admins neither. */
  #shared(
    caller: Caller,
    current: Image | undefined,
    action: Action,
    project?: string,
    check?: (image: Image) => void,
  ): Image {
    const image = this.#judge.visible(caller, current);
    if (isDeleted(image)) throw noSuchImage();
    check?.(image);
    this.#judge.access.require(action, caller, image, project);
    sharing.requireShared(this.#judge.dialect.sharing, image);
    return image;
  }

  #requireSharer(caller: Caller, image: Image, byMembers: boolean): void {
    sharing.requireSharer(this.#judge.dialect.sharing, caller, image, byMembers);
  }

  #requireQuota({ members }: Image, count: number): void {
    rules.requireMemberQuota(members.length, count, this.#parts.limits.imageMemberQuota);
  }

  /** Who may not add or take away one member may not do it by naming them all either. */
  #requireEach(caller: Caller, image: Image, members: readonly Member[]): void {
    const { access } = this.#judge;
    for (const { id } of rules.missingFrom(image.members, members))
      access.require('add_member', caller, image, id);
    for (const { id } of rules.missingFrom(members, image.members))
      access.require('delete_member', caller, image, id);
  }

  async #change(
    caller: Caller,
    id: string,
    action: Action,
    project: string | undefined,
    change: (image: Image, now: string) => readonly Member[],
    check?: (image: Image) => void,
  ): Promise<Image> {
    const { catalogue, clock, events } = this.#parts;
    const outcome = { touched: false };
    const changed = await catalogue.update(id, (current) => {
      const image = this.#shared(caller, current, action, project, check);
      const members = change(image, clock.now());
      outcome.touched = members !== image.members;
      if (!outcome.touched) return null;
      const shared = { ...image, ...withMembers(image, members) };
      requireRecordSize(image, shared);
      return shared;
    });
    if (changed === undefined) throw noSuchImage();
    if (outcome.touched) events.tell('image.update', publicImage(changed.image), { by: actorOf(caller) });
    return changed.image;
  }
}

function found(members: readonly Member[], project: string): Member {
  const member = members.find(({ id }) => id === project);
  if (member === undefined) throw sharing.noSuchMember();
  return member;
}
