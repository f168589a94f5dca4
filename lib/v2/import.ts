import { readJsonBody } from '../http/json-body.js';
import { readImport } from './bodies/import-body.js';
import { wantedStore } from './data.js';
import type { V2Handler } from './exchange.js';
import { idOf } from './guards.js';

/** `POST /v2/images/{id}/import`: imports data in the background. */
export const importImage: V2Handler = async (exchange) => {
  const { request, response, caller, images, importMethods, signal } = exchange;
  const wanted = readImport(await readJsonBody(exchange), importMethods);
  await images.import(caller, idOf(exchange), { ...wanted, store: wantedStore(request) }, { signal });
  response.statusCode = 202;
  response.end();
};
