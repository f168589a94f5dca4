import { RegistryError } from '../errors.js';
import { sendJson } from '../http/send-json.js';
import type { V2Handler } from './exchange.js';

/** `GET /v2/schemas/{name}` */
export const showSchema: V2Handler = sendSchema((name) => name);

/** `GET /v2/schemas/metadefs/{name}` */
export const showMetadefSchema: V2Handler = sendSchema((name) => `metadefs/${name}`);

function sendSchema(pathOf: (name: string) => string): V2Handler {
  return ({ response, schemas, params }) => {
    const document = schemas.get(pathOf(params.name ?? ''));
    if (document === undefined) throw new RegistryError('not_found', 'There is no such schema.');
    sendJson(response, 200, document);
    return Promise.resolve();
  };
}
