import { MEMBER_STATUSES } from '../../domain/image.js';
import { type NamedSchema, PATH, text, UUID_PATTERN } from './schema.js';

/** `GET /v2/schemas/member`: a project that an image is shared with. */
export const MEMBER: NamedSchema = {
  name: 'member',
  properties: {
    member_id: text('The project that the image is shared with.'),
    image_id: text('The image.', { pattern: UUID_PATTERN }),
    created_at: text('When the membership was made.'),
    updated_at: text('When it was last changed.'),
    status: text('What the project says to it.', { enum: MEMBER_STATUSES }),
    schema: PATH,
  },
};
