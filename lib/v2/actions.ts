import type { V2Handler } from './exchange.js';
import { idOf } from './guards.js';
import { sendNothing } from './send.js';

/** `POST /v2/images/{id}/actions/deactivate`: takes the data of an image out of reach. */
export const deactivateImage: V2Handler = async (exchange) => {
  const { response, caller, images } = exchange;
  await images.deactivate(caller, idOf(exchange));
  sendNothing(response);
};

/** `POST /v2/images/{id}/actions/reactivate`: and back. */
export const reactivateImage: V2Handler = async (exchange) => {
  const { response, caller, images } = exchange;
  await images.reactivate(caller, idOf(exchange));
  sendNothing(response);
};
