import type { Visibility } from './image.js';

/**
 * Where the versions of the API judge differently. All else is the same for v1, v2 and the host app's own code; what is not said here, no
 * version decides for itself.
 */
export interface Dialect {
  /** Whether admins still see deleted images. */
  readonly showsDeleted: boolean;
  /** Whether what the policy refuses is refused before an image is looked up, as far as the rule does not need the image. */
  readonly refusesUnseen: boolean;
  /** Whether an image whose `get_image` the policy refuses is as if it was not there, whatever is wanted of it. */
  readonly hidesRefused: boolean;
  /** What becomes of an image whose upload fails. */
  readonly onFailure: 'killed' | 'queued';
  /** Whether admins may fetch the data of deactivated images. */
  readonly adminsFetchDeactivated: boolean;
  /** Whether a property may be sent with the value that it has by those who may read but not update it. */
  readonly sameValueIsFree: boolean;
  /** Whether the size that a guest sees is found in the data, not only told by the client. */
  readonly findsVirtualSize: boolean;
  /** Whether the formats of an image stay as they are once it has data. */
  readonly formatsStay: boolean;
  /** Whether filters take a size that is not known for 0. */
  readonly unknownSizeIsZero: boolean;
  /** What a listing that does not say which images it wants is narrowed by. */
  readonly listsBy: 'isPublic' | 'visibility';
  readonly sharing: {
    /** Images of these have members; the memberships of others rest. */
    readonly visibilities: readonly Visibility[];
    /** What those who see an image are told when they may not share it. */
    readonly refusal: 'not_found' | 'forbidden';
    /** Whether those who may not take members away are told first that there is no such member. */
    readonly tellsMissing: boolean;
    /** Whether members with `can_share` may add others, and leave. */
    readonly byMembers: boolean;
  };
}

/** The Images API v1, and the host app's own code. */
const V1: Dialect = {
  showsDeleted: true,
  refusesUnseen: true,
  hidesRefused: false,
  onFailure: 'killed',
  adminsFetchDeactivated: false,
  sameValueIsFree: true,
  findsVirtualSize: false,
  formatsStay: false,
  unknownSizeIsZero: true,
  listsBy: 'isPublic',
  sharing: { visibilities: ['shared', 'public'], refusal: 'not_found', tellsMissing: false, byMembers: true },
};

/** The Images API v2. */
const V2: Dialect = {
  showsDeleted: false,
  refusesUnseen: false,
  hidesRefused: true,
  onFailure: 'queued',
  adminsFetchDeactivated: true,
  sameValueIsFree: false,
  findsVirtualSize: true,
  formatsStay: true,
  unknownSizeIsZero: false,
  listsBy: 'visibility',
  sharing: { visibilities: ['shared'], refusal: 'forbidden', tellsMissing: true, byMembers: false },
};

/** A version of the API, as far as its judgements differ. */
export type DialectName = 'v1' | 'v2';

export const DIALECTS: Readonly<Record<DialectName, Dialect>> = { v1: V1, v2: V2 };
