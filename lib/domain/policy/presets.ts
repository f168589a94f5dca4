import type { Action } from './actions.js';

/** The rules that hold where the operator gives none of his own. */
export type PolicyPreset = 'owner' | 'secure-rbac';

/** A rule for every action, and rules that those refer to. */
export type Preset = Readonly<Record<Action, string>> & Readonly<Record<`preset:${string}`, string>>;

/**
 * THE TABLE of who may do what, in the language of policies. Rules say what a caller must be; that the image must belong to the caller's
 * project, be shared with it or be visible to it is asked beside them, always.
 */
export const PRESETS: Readonly<Record<PolicyPreset, Preset>> = {
  /** Roles do not matter, but for `admin`, and that a caller who is a `reader` and nothing more changes nothing. */
  owner: {
    'preset:admin': 'is_admin:True',
    'preset:writer': 'not role:reader or role:member or role:manager or role:service or rule:preset:admin',
    get_images: '@',
    get_image: '@',
    download_image: '@',
    add_image: 'rule:preset:writer',
    modify_image: 'rule:preset:writer',
    delete_image: 'rule:preset:writer',
    upload_image: 'rule:preset:writer',
    communitize_image: 'rule:preset:writer',
    publicize_image: 'rule:preset:admin',
    deactivate: 'rule:preset:writer',
    reactivate: 'rule:preset:writer',
    copy_from: 'rule:preset:writer',
    copy_image: 'rule:preset:admin',
    set_image_location: 'rule:preset:writer',
    delete_image_location: 'rule:preset:writer',
    get_members: '@',
    get_member: '@',
    add_member: 'rule:preset:writer',
    modify_member: 'rule:preset:writer',
    delete_member: 'rule:preset:writer',
    tasks_api_access: 'rule:preset:admin',
    stores_info_detail: 'rule:preset:admin',
    manage_image_cache: 'rule:preset:admin',
  },
  /** As Glance does by default since its roles have scopes. Each role is all that the ones below it are, as in Keystone. */
  'secure-rbac': {
    'preset:admin': 'is_admin:True',
    'preset:manager': 'role:manager or rule:preset:admin',
    'preset:member': 'role:member or rule:preset:manager',
    'preset:reader': 'role:reader or rule:preset:member',
    get_images: 'rule:preset:reader',
    get_image: 'rule:preset:reader',
    download_image: 'rule:preset:member',
    add_image: 'rule:preset:member',
    modify_image: 'rule:preset:member',
    delete_image: 'rule:preset:member',
    upload_image: 'rule:preset:member',
    communitize_image: 'rule:preset:member',
    publicize_image: 'rule:preset:admin',
    deactivate: 'rule:preset:member',
    reactivate: 'rule:preset:member',
    copy_from: 'rule:preset:member',
    copy_image: 'rule:preset:admin',
    set_image_location: 'rule:preset:member',
    delete_image_location: 'rule:preset:admin',
    get_members: 'rule:preset:reader',
    get_member: 'rule:preset:reader',
    add_member: 'rule:preset:member',
    modify_member: 'rule:preset:member',
    delete_member: 'rule:preset:member',
    tasks_api_access: 'rule:preset:admin',
    stores_info_detail: 'rule:preset:admin',
    manage_image_cache: 'rule:preset:admin',
  },
};
