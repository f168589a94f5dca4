import { noSuchImage, requireOwner, requireWriter, visibleTo } from '../domain/access.js';
import { placesOf, publicLocation, urlOf } from '../domain/data-places.js';
import type { Dialect } from '../domain/dialect.js';
import type { Caller } from '../domain/identity.js';
import type { Image, PublicImage } from '../domain/image.js';
import type { ImageChanges } from '../domain/metadata.js';
import type { Action } from '../domain/policy/actions.js';
import type { Properties } from '../domain/property-protections-change.js';
import { publicImage } from '../domain/public-image.js';
import type { AccessControl } from './access-control.js';
import type { Parts, Shows } from './parts.js';

/** Who may see and do what with an image: the rules of the API, in one of its dialects, and those of the operator. */
export class Judge {
  readonly access: AccessControl;
  readonly dialect: Dialect;
  readonly #shows: Shows;
  /** What everybody sees who sees the image. */
  readonly #shown = new WeakMap<Image, PublicImage>();

  constructor({ access, shows }: Pick<Parts, 'access' | 'shows'>, dialect: Dialect) {
    this.access = access;
    this.dialect = dialect;
    this.#shows = shows;
  }

  /**
   * Refuses callers who may not change anything, and what the policy allows for no image at all, where that comes before the image.
   * @throws RegistryError `unauthorized`, `forbidden`
   */
  beforeChange(caller: Caller, actions: readonly Action[]): void {
    requireWriter(caller);
    this.beforeLookup(caller, actions);
  }

  /**
   * As `beforeChange`, for what changes nothing.
   * @throws RegistryError `forbidden`
   */
  beforeLookup(caller: Caller, actions: readonly Action[]): void {
    if (!this.dialect.refusesUnseen) return;
    for (const action of actions) this.access.requireUnseen(action, caller);
  }

  /**
   * The image, when the caller may know of it.
   * @throws RegistryError `not_found`
   */
  visible(caller: Caller, image: Image | undefined): Image {
    const visible = visibleTo(caller, image, this.dialect.showsDeleted);
    if (this.dialect.hidesRefused && !this.access.allows('get_image', caller, visible)) throw noSuchImage();
    return visible;
  }

  /**
   * The image, when the caller may know of it and do this.
   * @param memberId the project whose membership it is about
   * @throws RegistryError `not_found`, `forbidden`
   */
  allowed(caller: Caller, image: Image | undefined, action: Action, memberId?: string): Image {
    const visible = this.visible(caller, image);
    this.access.require(action, caller, visible, memberId);
    return visible;
  }

  /**
   * The image, when it is the caller's to change and the policy allows this.
   * @throws RegistryError `not_found`, `forbidden`
   */
  owned(caller: Caller, image: Image | undefined, actions: readonly Action[]): Image {
    const visible = this.visible(caller, image);
    requireOwner(caller, visible);
    for (const action of actions) this.access.require(action, caller, visible);
    return visible;
  }

  /**
   * The properties of an image after a change.
   * @throws RegistryError `forbidden`
   */
  changedProperties(caller: Caller, before: Properties, changes: ImageChanges): Properties {
    return this.access.changed(caller, before, {
      named: changes.properties ?? {},
      purge: changes.purgeProperties ?? false,
      removed: changes.removeProperties ?? [],
      sameValueIsFree: this.dialect.sameValueIsFree,
    });
  }

  /** The image as this caller gets to see it. Where all see the same of a record that is shared, all get the same object, which is frozen. */
  shown(caller: Caller, image: Image): PublicImage {
    const properties = this.access.readable(caller, image.properties);
    if (properties !== image.properties || image.status === 'deactivated')
      return this.#shownTo(caller, image, properties);
    // Only records that do not change any more stand for their revision.
    if (!Object.isFrozen(image)) return this.#shownTo(caller, image, properties);
    const known = this.#shown.get(image);
    if (known !== undefined) return known;
    const shown = Object.freeze(this.#shownTo(caller, image, properties));
    this.#shown.set(image, shown);
    return shown;
  }

  #shownTo(caller: Caller, image: Image, properties: Properties): PublicImage {
    const hides = image.status === 'deactivated' && !caller.admin;
    const shown = publicImage(image);
    return Object.assign(
      shown,
      properties === image.properties ? null : { properties },
      hides ? { stores: [] } : null,
      this.#locationsOf(image, hides),
    );
  }

  #locationsOf(image: Image, hides: boolean): Pick<PublicImage, 'locations' | 'direct_url'> | null {
    const { locations, directUrl } = this.#shows;
    if (!locations && !directUrl) return null;
    const places = hides ? [] : placesOf(image);
    const [first] = places;
    return {
      ...(locations ? { locations: places.map(publicLocation) } : {}),
      ...(directUrl && first !== undefined ? { direct_url: urlOf(first) } : {}),
    };
  }
}
