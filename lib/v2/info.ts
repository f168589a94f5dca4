import { sendJson } from '../http/send-json.js';
import type { V2Handler, V2Parts } from './exchange.js';

/** `GET /v2/info/import`: the ways to import data. */
export const showImport: V2Handler = ({ response, importMethods }) => {
  const methods = { description: 'The ways to import data.', type: 'array', value: importMethods };
  sendJson(response, 200, { 'import-methods': methods });
  return Promise.resolve();
};

/** `GET /v2/info/stores` */
export const listStores: V2Handler = ({ response, stores }) => {
  sendJson(response, 200, { stores: stores.map(storeView) });
  return Promise.resolve();
};

/** `GET /v2/info/stores/detail`: what the stores are made of, without paths, addresses and credentials. */
export const describeStores: V2Handler = ({ response, stores }) => {
  sendJson(response, 200, {
    stores: stores.map((store) => ({ ...storeView(store), type: store.type, properties: {} })),
  });
  return Promise.resolve();
};

/** `GET /v2/info/usage`: what the caller's project uses of its limits. */
export const showUsage: V2Handler = async ({ response, caller, usage, signal }) => {
  sendJson(response, 200, { usage: await usage.of(caller, signal) });
};

/** Marks are texts: clients take any text for true, so that there is none where it is not. */
function storeView({ id, description, isDefault, isReadOnly }: V2Parts['stores'][number]): object {
  return {
    id,
    ...(description === null ? {} : { description }),
    ...(isDefault ? { default: 'true' } : {}),
    ...(isReadOnly ? { 'read-only': 'true' } : {}),
  };
}
