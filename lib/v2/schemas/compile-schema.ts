import { Ajv } from 'ajv';
import { RegistryError } from '../../errors.js';
import { refusalOf } from './refusal.js';
import type { Schema } from './schema.js';

/** Refuses what is not as the schema says: RegistryError `bad_request`, which names the attribute. */
export type Check = (value: unknown) => void;

/**
 * Makes a check of the schema of a document.
 * @throws Error for a schema that is none
 */
export function compileSchema(schema: Schema): Check {
  // ownProperties: a property called `constructor` is one only when it is there.
  const ajv = new Ajv({
    strict: true,
    allErrors: false,
    ownProperties: true,
    allowUnionTypes: true,
    // What operators may put into it has been checked. Both of these take longer than all else here, and gain little.
    meta: false,
    validateSchema: false,
    code: { optimize: false },
  });
  // Notes for clients.
  ajv.addVocabulary(['name', 'links', 'is_base']);
  // All documents of the API are objects; their schemas do not say so.
  const validate = ajv.compile({ type: 'object', ...schema });
  return (value) => {
    if (validate(value)) return;
    const [error] = validate.errors ?? [];
    throw error === undefined ? new RegistryError('bad_request', 'The body is not valid.') : refusalOf(error);
  };
}
