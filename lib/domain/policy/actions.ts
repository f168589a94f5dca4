/** What policy rules speak of: the actions of the Images API v1, by the names that Glance's policy files use. */
export const ACTIONS = [
  'add_image',
  'get_image',
  'get_images',
  'modify_image',
  'delete_image',
  'publicize_image',
  'copy_from',
  'upload_image',
  'download_image',
  'set_image_location',
  'get_members',
  'get_member',
  'add_member',
  'modify_member',
  'delete_member',
  'deactivate',
  'reactivate',
] as const;
export type Action = (typeof ACTIONS)[number];

const ADMINS_ONLY: readonly Action[] = ['publicize_image'];

/** The rule of an action that nobody gave one: admins for what changes things for others, else everyone. */
export function defaultRule(action: Action): string {
  return ADMINS_ONLY.includes(action) ? 'is_admin:True' : '@';
}
