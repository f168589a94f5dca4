import { sendJson } from '../http/send-json.js';
import type { V2Handler } from './exchange.js';

/** `GET /v2/info/import`: the ways to import data. */
export const showImport: V2Handler = ({ response }) => {
  const methods = { description: 'The ways to import data.', type: 'array', value: [] };
  sendJson(response, 200, { 'import-methods': methods });
  return Promise.resolve();
};

/** `GET /v2/info/stores` */
export const listStores: V2Handler = ({ response, stores }) => {
  sendJson(response, 200, { stores: stores.map(({ id, isDefault }) => ({ id, ...markOf(isDefault) })) });
  return Promise.resolve();
};

/** `GET /v2/info/stores/detail`: what the stores are made of, without paths, addresses and credentials. */
export const describeStores: V2Handler = ({ response, stores }) => {
  sendJson(response, 200, {
    stores: stores.map(({ id, isDefault, type }) => ({ id, ...markOf(isDefault), type, properties: {} })),
  });
  return Promise.resolve();
};

/** `GET /v2/info/usage`: what the caller's project uses of its limits. */
export const showUsage: V2Handler = async ({ response, caller, usage, signal }) => {
  sendJson(response, 200, { usage: await usage.of(caller, signal) });
};

/** A text: clients take any text for true, so that there is none where it is not. */
function markOf(isDefault: boolean): object {
  return isDefault ? { default: 'true' } : {};
}
