import { RegistryError } from '../errors.js';
import type { Handler, HttpParts } from '../http/context.js';
import type { Handle } from '../http/handle.js';
import type { ServedVersion } from '../http/mount.js';
import { serveResources } from '../http/route-table.js';
import { createImage, deleteImage, downloadImage, showImage, updateImage } from './images.js';
import { detailImages, listImages } from './list-images.js';
import { deleteMember, listMembers, listSharedImages, putMember, replaceMembers } from './members.js';

/** What a path answers, verb by verb, and which verbs it says that it allows. */
interface Verbs {
  readonly verbs: Readonly<Partial<Record<'DELETE' | 'GET' | 'HEAD' | 'POST' | 'PUT', Handler>>>;
  readonly allow: string;
}

/** THE PAGE: every path of the Images API v1. Each request is authenticated first; who may do what is decided by the use cases. */
const paths = (): Readonly<Record<string, Verbs>> => ({
  '/': { verbs: { GET: listImages() }, allow: 'GET' },
  '/images': { verbs: { GET: listImages(), POST: createImage }, allow: 'GET, POST' },
  // As the reference answers, though HEAD is refused there too.
  '/images/detail': { verbs: { GET: detailImages(), HEAD: notAllowed('GET') }, allow: 'GET, HEAD' },
  '/images/:id': {
    verbs: { HEAD: showImage, GET: downloadImage, PUT: updateImage, DELETE: deleteImage },
    allow: 'GET, HEAD, PUT, DELETE',
  },
  '/images/:id/members': { verbs: { GET: listMembers, PUT: replaceMembers }, allow: 'GET, PUT' },
  // As the reference answers, though GET is refused there too.
  '/images/:id/members/:member': {
    verbs: { PUT: putMember, DELETE: deleteMember },
    allow: 'GET, PUT, DELETE',
  },
  '/shared-images/:project': { verbs: { GET: listSharedImages }, allow: 'GET' },
});

/** The whole of the Images API v1. */
export function v1Router({ log }: Pick<HttpParts, 'log'>, handle: Handle): ServedVersion['serve'] {
  const resources = Object.entries(paths()).map(([path, { verbs, allow }]) => {
    const answers = Object.entries(verbs).map(([verb, handler]) => [verb, handle(handler)] as const);
    return [path, { verbs: Object.fromEntries(answers), other: handle(notAllowed(allow)) }] as const;
  });
  return serveResources(Object.fromEntries(resources), handle(notFound), log);
}

/** RFC 9110 section 15.5.6: a 405 names the methods that are allowed. */
function notAllowed(allow: string): Handler {
  return () =>
    Promise.reject(
      new RegistryError('method_not_allowed', `This resource allows ${allow}.`, {
        headers: { Allow: allow },
      }),
    );
}

const notFound: Handler = () => Promise.reject(new RegistryError('not_found', 'There is no such resource.'));
