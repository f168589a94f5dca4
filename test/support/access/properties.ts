import assert from 'node:assert/strict';
import type { Answer } from '../clients/ask.js';
import type { ImagesClient } from '../clients/images-client.js';

const PREFIX = 'x-image-meta-property-';

/** The properties of an image in every answer that shows them to the caller. */
export async function propertiesIn(
  client: ImagesClient,
  id: string,
): Promise<Readonly<Record<string, Readonly<Record<string, string>>>>> {
  const path = `/v1/images/${id}`;
  const keep = { 'x-glance-registry-purge-props': 'false' };
  const put = await client.ask(path, { method: 'PUT', headers: keep });
  const detail = await client.ask(`/v1/images/detail?is_public=none&name=image%20${id}`);
  const { images } = JSON.parse(detail.text) as { images: readonly WithProperties[] };
  assert.equal(images.length, 1);
  return {
    HEAD: inHeaders(await client.ask(path, { method: 'HEAD' })),
    GET: inHeaders(await client.ask(path)),
    'a range': inHeaders(await client.ask(path, { headers: { range: 'bytes=0-1' } })),
    '304': inHeaders(await client.ask(path, { headers: { 'if-none-match': '*' } })),
    detail: images[0]!.properties,
    // Members see the image, but only owners and admins change it.
    ...(put.status === 200
      ? { PUT: (JSON.parse(put.text) as { image: WithProperties }).image.properties }
      : {}),
  };
}

interface WithProperties {
  readonly properties: Readonly<Record<string, string>>;
}

function inHeaders({ headers }: Answer): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      name.startsWith(PREFIX) ? [[name.slice(PREFIX.length), String(value)]] : [],
    ),
  );
}
