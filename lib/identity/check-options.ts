import { Ajv, type ErrorObject } from 'ajv';

/** JSON Schemas of options that several strategies have. */
export const NAME = { type: 'string', minLength: 1 };
export const SECONDS = { type: 'number', minimum: 0 };
/** Milliseconds, up to the longest time that a Node timer can wait. */
export const MILLISECONDS = { type: 'integer', minimum: 1, maximum: 2 ** 31 - 1 };

/**
 * Checks the options of an identity strategy. Unknown ones are refused, and no value gets into a message: some are secret.
 * @param properties JSON Schema of each option
 * @throws TypeError whose message names the option
 */
export function checkOptions(
  strategy: string,
  properties: Readonly<Record<string, object>>,
  required: readonly string[],
  options: unknown,
): void {
  const schema = { type: 'object', additionalProperties: false, required, properties };
  const ajv = new Ajv({
    strict: true,
    strictRequired: false,
    meta: false,
    validateSchema: false,
    code: { optimize: false },
  });
  const validate = ajv.compile(schema);
  if (!validate(options)) throw new TypeError(`${strategy}: ${describe(validate.errors?.[0])}`);
}

function describe(error: ErrorObject | undefined): string {
  const at = error?.instancePath.slice(1).split('/').join('.') ?? '';
  const below = (name: unknown): string => [at, String(name)].filter((part) => part !== '').join('.');
  const params: Readonly<Record<string, unknown>> = error?.params ?? {};
  if (error?.keyword === 'additionalProperties')
    return `there is no option ${below(params.additionalProperty)}`;
  if (error?.keyword === 'required') return `option ${below(params.missingProperty)} is missing`;
  return `${at === '' ? 'options' : `option ${at}`} ${error?.message ?? 'is not valid'}`;
}
