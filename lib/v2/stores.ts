import type { V2Handler } from './exchange.js';
import { idOf } from './guards.js';
import { sendNothing } from './send.js';

/** `DELETE /v2/stores/{store}/{id}`: removes one copy of an image's data. */
export const removeCopy: V2Handler = async (exchange) => {
  const { response, caller, images, params } = exchange;
  await images.removeCopy(caller, idOf(exchange), params.store ?? '');
  sendNothing(response);
};
