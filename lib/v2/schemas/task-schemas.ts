import { type NamedSchema, PATH, type Schema, text, textOrNull, UUID_PATTERN } from './schema.js';

export const TASK_TYPES = ['import', 'api_image_import'] as const;
export const TASK_STATUSES = ['pending', 'processing', 'success', 'failure'] as const;

const object = (description: string): Schema => ({ type: ['null', 'object'], description });

const BRIEF = {
  id: text('The uuid of the task.', { pattern: UUID_PATTERN }),
  type: text('What the task does.', { enum: TASK_TYPES }),
  status: text('How far it is.', { enum: TASK_STATUSES }),
  owner: text('The project that the task works for.'),
  image_id: text('The image that the task works on.'),
  request_id: text('The request that began the task.'),
  user_id: text('Who sent that request.'),
  expires_at: textOrNull('When the task is forgotten.'),
  created_at: text('When the task was made.'),
  updated_at: text('When it was last changed.'),
  self: PATH,
  schema: PATH,
};

/** A task in a list. */
export const BRIEF_TASK: NamedSchema = { name: 'task', properties: BRIEF };

/** `GET /v2/schemas/task`. */
export const TASK: NamedSchema = {
  name: 'task',
  properties: {
    ...BRIEF,
    input: object('What the task was asked for.'),
    result: object('What came of it.'),
    message: text('Why it failed, for people.'),
  },
};
