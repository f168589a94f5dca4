import { RegistryError } from '../errors.js';
import { allowed } from './guards.js';

/** `/v2/cache`: there is no cache, which is nobody's business but the admins'. */
export const noCache = allowed('manage_image_cache', () =>
  Promise.reject(new RegistryError('not_found', 'This service has no cache.')),
);
