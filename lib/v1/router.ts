import { Router, type ErrorRequestHandler, type RequestHandler } from 'express';
import { RegistryError } from '../errors.js';
import { arrivalOf } from '../http/arrival.js';
import type { Handler, HttpParts } from '../http/context.js';
import { sendError } from '../http/send-error.js';
import { createImage, deleteImage, downloadImage, showImage, updateImage } from './images.js';
import { detailImages, listImages } from './list-images.js';
import { deleteMember, listMembers, listSharedImages, putMember, replaceMembers } from './members.js';

/** The whole of the Images API v1. Every route authenticates first; who may do what is decided by the use cases. */
export function v1Router(parts: HttpParts, handle: (handler: Handler) => RequestHandler): Router {
  const router = Router({ strict: true, caseSensitive: true });
  const not = (allow: string): RequestHandler => handle(notAllowed(allow));

  router.head('/', not('GET'));
  router.get('/', handle(listImages()));
  router.all('/', not('GET'));

  router.head('/images', not('GET, POST'));
  router.get('/images', handle(listImages()));
  router.post('/images', handle(createImage));
  router.all('/images', not('GET, POST'));

  router.head('/images/detail', not('GET'));
  router.get('/images/detail', handle(detailImages()));
  // As the reference answers, though HEAD is refused there too.
  router.all('/images/detail', not('GET, HEAD'));

  router.head('/images/:id', handle(showImage));
  router.get('/images/:id', handle(downloadImage));
  router.put('/images/:id', handle(updateImage));
  router.delete('/images/:id', handle(deleteImage));
  router.all('/images/:id', not('GET, HEAD, PUT, DELETE'));

  router.head('/images/:id/members', not('GET, PUT'));
  router.get('/images/:id/members', handle(listMembers));
  router.put('/images/:id/members', handle(replaceMembers));
  router.all('/images/:id/members', not('GET, PUT'));

  router.put('/images/:id/members/:member', handle(putMember));
  router.delete('/images/:id/members/:member', handle(deleteMember));
  // As the reference answers, though GET is refused there too.
  router.all('/images/:id/members/:member', not('GET, PUT, DELETE'));

  router.head('/shared-images/:project', not('GET'));
  router.get('/shared-images/:project', handle(listSharedImages));
  router.all('/shared-images/:project', not('GET'));

  router.use(handle(notFound));
  router.use(badPath(parts));
  return router;
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

/** Express refuses paths with broken percent escapes before any route sees them. */
function badPath({ log }: HttpParts): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    const refusal = new RegistryError('bad_request', 'This path is malformed.', { cause: error });
    sendError(request, response, refusal, arrivalOf(request).requestId, log);
  };
}
