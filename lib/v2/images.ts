import type { PublicImage } from '../domain/image.js';
import { readJsonBody } from '../http/json-body.js';
import { sendJsonText } from '../http/send-json.js';
import { readNewImage } from './bodies/new-image.js';
import { withValidationData } from './bodies/locations.js';
import { patchReader } from './bodies/patch.js';
import type { V2Exchange, V2Handler } from './exchange.js';
import { idOf } from './guards.js';
import { sendNothing } from './send.js';

/** `POST /v2/images`: reserves an image. */
export const createImage: V2Handler = async (exchange) => {
  const { response, caller, images, stores, importMethods, checkImage, base, signal } = exchange;
  const metadata = readNewImage(await readJsonBody(exchange), checkImage);
  const image = await images.create(caller, metadata, { signal });
  response.setHeader('Location', `${base}/v2/images/${image.id}`);
  // No blanks between: clients do not trim.
  response.setHeader('OpenStack-image-import-methods', importMethods.join());
  response.setHeader('OpenStack-image-store-ids', stores.map(({ id }) => id).join());
  sendImage(exchange, 201, image);
};

/** `GET /v2/images/{id}` */
export const showImage: V2Handler = async (exchange) => {
  const { caller, images } = exchange;
  sendImage(exchange, 200, await images.show(caller, idOf(exchange)));
};

/** `PATCH /v2/images/{id}`: changes an image by a list of operations, all or none of them. */
export const patchImage: V2Handler = async (exchange) => {
  const { request, caller, images, checkImage, changesLocations, signal } = exchange;
  const read = patchReader(request.headers['content-type']);
  const body = await readJsonBody(exchange);
  const changes = read(body, checkImage, { changesLocations });
  const id = idOf(exchange);
  // No operation is no change, and good for everyone who sees the image.
  const image =
    changes.length === 0
      ? await images.show(caller, id)
      : await images.update(caller, id, changes, { signal });
  const { locations } = image;
  const told = locations === undefined ? {} : { locations: withValidationData(locations, body as object[]) };
  sendImage(exchange, 200, { ...image, ...told });
};

/** `DELETE /v2/images/{id}`: deletes an image and its data. */
export const deleteImage: V2Handler = async (exchange) => {
  const { response, caller, images } = exchange;
  await images.remove(caller, idOf(exchange));
  sendNothing(response);
};

function sendImage({ response, texts }: V2Exchange, status: number, image: PublicImage): void {
  sendJsonText(response, status, texts.of(image));
}
