import { RegistryError } from '../errors.js';
import type { Handle } from '../http/handle.js';
import type { ServedVersion } from '../http/mount.js';
import { serveResources } from '../http/route-table.js';
import { deactivateImage, reactivateImage } from './actions.js';
import { noCache } from './cache.js';
import { downloadData, stageData, uploadData, uploadFailure } from './data.js';
import type { V2Handler, V2Parts } from './exchange.js';
import { allowed, bodiless, changing, hasImageId } from './guards.js';
import { importImage } from './import.js';
import { createImage, deleteImage, patchImage, showImage } from './images.js';
import { describeStores, listStores, showImport, showUsage } from './info.js';
import { listImages } from './list-images.js';
import { addMember, listMembers, removeMember, setMemberStatus, showMember } from './members.js';
import { showMetadefSchema, showSchema } from './schemas.js';
import { removeCopy } from './stores.js';
import { addTag, removeTag } from './tags.js';
import { createTask, listImageTasks, listTasks, refuseDeletion, showTask } from './tasks.js';

type Method = 'DELETE' | 'GET' | 'HEAD' | 'PATCH' | 'POST' | 'PUT';

/** What a path answers, verb by verb; where failures are answered differently, with what turns them. */
type Verbs = Readonly<
  Partial<Record<Method, V2Handler | readonly [V2Handler, (thrown: unknown) => unknown]>>
>;

/**
 * THE PAGE: every path of the Images API v2 with its verbs and, in the order in which they judge, their guards. Every request is authenticated
 * first; who may do what to an image is decided by the use cases.
 */
const PATHS: Readonly<Record<string, Verbs>> = {
  '/images': { GET: listImages, POST: changing(createImage) },
  '/images/:id': {
    GET: bodiless(showImage),
    PATCH: changing(patchImage),
    DELETE: bodiless(changing(deleteImage)),
  },
  // HEAD is for those who fetch images by address alone, which ask for the size first.
  '/images/:id/file': {
    GET: bodiless(downloadData),
    HEAD: bodiless(downloadData),
    PUT: [changing(uploadData), uploadFailure],
  },
  '/images/:id/stage': { PUT: [changing(stageData), uploadFailure] },
  '/images/:id/import': { POST: changing(importImage) },
  '/images/:id/actions/deactivate': { POST: bodiless(changing(deactivateImage)) },
  '/images/:id/actions/reactivate': { POST: bodiless(changing(reactivateImage)) },
  '/images/:id/members': { GET: bodiless(listMembers), POST: changing(addMember) },
  '/images/:id/members/:member': {
    GET: bodiless(showMember),
    PUT: changing(setMemberStatus),
    DELETE: bodiless(changing(removeMember)),
  },
  '/images/:id/tags/:tag': { PUT: bodiless(changing(addTag)), DELETE: bodiless(changing(removeTag)) },
  '/images/:id/tasks': { GET: bodiless(listImageTasks) },

  '/stores/:store/:id': { DELETE: bodiless(changing(removeCopy)) },

  '/schemas/:name': { GET: bodiless(showSchema) },
  '/schemas/metadefs/:name': { GET: bodiless(showMetadefSchema) },

  '/info/import': { GET: bodiless(showImport) },
  '/info/stores': { GET: bodiless(listStores) },
  '/info/stores/detail': { GET: bodiless(allowed('stores_info_detail', describeStores)) },
  '/info/usage': { GET: bodiless(showUsage) },

  '/tasks': {
    GET: allowed('tasks_api_access', listTasks),
    POST: changing(allowed('tasks_api_access', createTask)),
  },
  '/tasks/:task': {
    GET: bodiless(allowed('tasks_api_access', showTask)),
    DELETE: bodiless(allowed('tasks_api_access', refuseDeletion)),
  },

  '/cache': { GET: noCache, DELETE: noCache },
  '/cache/:id': { PUT: noCache, DELETE: noCache },
};

/** The whole of the Images API v2. */
export function v2Router({ log }: Pick<V2Parts, 'log'>, handle: Handle<V2Parts>): ServedVersion['serve'] {
  const resources = Object.entries(PATHS).map(([path, verbs]) => {
    const answers = Object.entries(verbs).map(([method, verb]) => {
      const [handler, translate] = typeof verb === 'function' ? [verb] : verb;
      return [method, handle(handler, translate)] as const;
    });
    return [path, { verbs: Object.fromEntries(answers), other: handle(notAllowed(allowOf(verbs))) }] as const;
  });
  return serveResources(Object.fromEntries(resources), handle(notFound), log);
}

/** As the reference, which knows no HEAD. */
function allowOf(verbs: Verbs): string {
  return Object.keys(verbs)
    .filter((method) => method !== 'HEAD')
    .join(', ');
}

/** RFC 9110 section 15.5.6: a 405 names the methods that are allowed. */
function notAllowed(allow: string): V2Handler {
  return ({ request, params }) => {
    // Clients look for an image by a name such as `a/import` first; 405 would end their search.
    if (request.method === 'GET' && params.id !== undefined && !hasImageId({ params })) throw noResource();
    throw new RegistryError('method_not_allowed', `This resource allows ${allow}.`, {
      headers: { Allow: allow },
    });
  };
}

const notFound: V2Handler = () => {
  throw noResource();
};

function noResource(): RegistryError {
  return new RegistryError('not_found', 'There is no such resource.');
}
