import { RegistryError } from '../errors.js';
import { checkText } from '../http/json-body.js';
import type { V2Exchange, V2Handler } from './exchange.js';
import { idOf } from './guards.js';
import { sendNothing } from './send.js';

/** Most characters of a tag. */
const LENGTH = 255;

/** `PUT /v2/images/{id}/tags/{tag}` */
export const addTag: V2Handler = async (exchange) => {
  const { response, caller, images } = exchange;
  const tag = tagOf(exchange);
  await images.update(caller, idOf(exchange), ({ tags }) =>
    tags.includes(tag) || tags.includes(readAsLatin1(tag)) ? null : { tags: [...tags, readAsLatin1(tag)] },
  );
  sendNothing(response);
};

/** `DELETE /v2/images/{id}/tags/{tag}` */
export const removeTag: V2Handler = async (exchange) => {
  const { response, caller, images } = exchange;
  const tag = tagOf(exchange);
  await images.update(caller, idOf(exchange), ({ tags }) => {
    const there = [tag, readAsLatin1(tag)].find((one) => tags.includes(one));
    if (there === undefined) throw new RegistryError('not_found', 'The image has no such tag.');
    return { tags: tags.filter((one) => one !== there) };
  });
  sendNothing(response);
};

/**
 * The reference takes the bytes of a path for Latin-1, so that `ü` in a path is the tag `Ã¼`, and keeps a `ü` that was set by JSON apart from it.
 * What it makes of a path is added here, too; a tag that is really there is found first.
 */
function readAsLatin1(tag: string): string {
  return Buffer.from(tag, 'utf8').toString('latin1');
}

/**
 * The tag that the path names.
 * @throws RegistryError `not_found` for what no path can name, `bad_request` for what no tag can be
 */
function tagOf({ params }: V2Exchange): string {
  const tag = params.tag ?? '';
  // RFC 3986 section 5.2.4: clients take segments of dots out of a path.
  if (tag.includes('/') || tag === '.' || tag === '..')
    throw new RegistryError('not_found', 'There is no such resource.');
  if (Array.from(tag).length > LENGTH)
    throw new RegistryError('bad_request', `A tag has at most ${LENGTH} characters.`);
  checkText(tag);
  return tag;
}
