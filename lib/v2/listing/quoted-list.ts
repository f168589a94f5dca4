import { RegistryError } from '../../errors.js';

/** Most values of one `in:`. */
const VALUES = 1000;

/** A value in quotes, or a bare one, up to a comma or the end. A quote behind a backslash is none. */
const VALUE = /(?:"((?:[^"]|(?<=\\)")*)(?<!\\)"|((?:[^",]|(?<=\\)")*))(?=,|$)/y;

/**
 * The values of an `in:` filter: commas divide, quotes protect them. A quote behind a backslash neither opens nor closes, and both stay in the
 * value. An empty text has no values.
 * @param name of the parameter, for messages
 * @throws RegistryError `bad_request` for a quote that is not closed or not beside a comma, and for too many values
 */
export function readQuotedList(text: string, name: string): readonly string[] {
  const values: string[] = [];
  for (let at = 0; at < text.length; at += 1) {
    VALUE.lastIndex = at;
    const [match, quoted, bare = ''] = VALUE.exec(text) ?? [];
    if (match === undefined)
      throw new RegistryError(
        'bad_request',
        `${name} has a quote that is not closed, or not beside a comma.`,
      );
    values.push(quoted ?? bare);
    if (values.length > VALUES)
      throw new RegistryError('bad_request', `${name} has at most ${VALUES} values.`);
    at += match.length;
  }
  return values;
}
