/** What policy rules speak of: the actions of the Images API, by the names that Glance's policy files use. */
export const ACTIONS = [
  'add_image',
  'get_image',
  'get_images',
  'modify_image',
  'delete_image',
  'publicize_image',
  'communitize_image',
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
  'tasks_api_access',
  'stores_info_detail',
] as const;
export type Action = (typeof ACTIONS)[number];
