/** A JSON schema as the Images API publishes it: draft 4 with `is_base` and `readOnly` as notes. */
export type Schema = Readonly<Record<string, unknown>>;

/** A schema document, or a part of one that has a name of its own. */
export interface NamedSchema extends Schema {
  readonly name: string;
  readonly properties: Readonly<Record<string, Schema>>;
}

export const UUID_PATTERN =
  '^([0-9a-fA-F]){8}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){12}$';

export const text = (description: string, more: Schema = {}): Schema => ({
  type: 'string',
  description,
  ...more,
});

/** Text that only the service sets. */
export const shownText = (description: string, more: Schema = {}): Schema =>
  text(description, { readOnly: true, ...more });

/** Text or null; with an enum, null is one of its values. */
export const textOrNull = (description: string, more: Schema = {}): Schema => ({
  type: ['null', 'string'],
  description,
  ...more,
});

/** The path of this or of another resource: it needs no description. */
export const PATH: Schema = { type: 'string', readOnly: true };

const DESCRIBED_BY = { rel: 'describedby', href: '{schema}' };

/** The schema of a list of `item`s, which has pages unless `unpaged`. */
export function listOf(
  name: string,
  item: NamedSchema,
  { paged = true, definitions }: { readonly paged?: boolean; readonly definitions?: Schema } = {},
): NamedSchema {
  const pages = paged ? { first: { type: 'string' }, next: { type: 'string' } } : {};
  const links = [
    { rel: 'first', href: '{first}' },
    { rel: 'next', href: '{next}' },
  ];
  return {
    name,
    properties: { [name]: { type: 'array', items: item }, ...pages, schema: { type: 'string' } },
    links: [...(paged ? links : []), DESCRIBED_BY],
    ...(definitions === undefined ? {} : { definitions }),
  };
}
