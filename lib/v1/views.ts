import type { Response } from 'express';
import { isDeleted } from '../domain/image.js';
import type { PublicImage } from '../domain/image.js';
import { isReservedKey } from '../domain/property-keys.js';
import { KeptViews } from '../http/kept-views.js';
import { isToken, toWire } from './headers.js';

/** The absolute address of an image. */
export function imageUri(image: PublicImage, base: string): string {
  return `${base}/v1/images/${image.id}`;
}

/** The fields of an image as v1 shows them; where its data lies is never shown. */
function fieldsOf(image: PublicImage): Record<string, string | number | boolean | null> {
  return {
    id: image.id,
    name: image.name,
    status: image.status,
    disk_format: image.disk_format,
    container_format: image.container_format,
    size: image.size ?? 0,
    virtual_size: image.virtual_size,
    checksum: image.checksum,
    is_public: image.visibility === 'public',
    protected: image.protected,
    deleted: isDeleted(image),
    min_ram: image.min_ram,
    min_disk: image.min_disk,
    owner: image.owner,
    created_at: image.created_at,
    updated_at: image.updated_at,
    deleted_at: image.deleted_at,
  };
}

/** Those of the registry itself are unknown to v1. */
function propertiesOf({ properties }: PublicImage): [string, string | null][] {
  return Object.entries(properties).filter(([key]) => !isReservedKey(key));
}

/** An image in the listing `GET /v1/images`. */
export function briefView(image: PublicImage, base: string): object {
  const { id, name, disk_format, container_format, checksum, size } = fieldsOf(image);
  return { id, name, disk_format, container_format, checksum, size, uri: imageUri(image, base) };
}

/** An image in the listing `GET /v1/images/detail`. */
export function detailView(image: PublicImage, base: string): object {
  return { ...fullView(image), uri: imageUri(image, base) };
}

/** An image in the answer to POST and PUT. */
export function fullView(image: PublicImage): object {
  return { ...fieldsOf(image), properties: Object.fromEntries(propertiesOf(image)) };
}

/** Puts an image's fields, properties and ETag into the headers of an answer. */
export function setImageHeaders(response: Response, image: PublicImage): void {
  for (const [name, value] of headers.of(image)) response.setHeader(name, value);
}

/** The bare md5, as the reference sends it. */
export function setETag(response: Response, image: PublicImage): void {
  for (const [name, value] of wireHeaders([['ETag', image.checksum]])) response.setHeader(name, value);
}

type Header = readonly [name: string, value: string];

const headers = new KeptViews((image) =>
  wireHeaders([
    ...Object.entries(fieldsOf(image)).map(
      ([field, value]) => [`X-Image-Meta-${field}`, value === null ? null : printed(value)] as const,
    ),
    ...propertiesOf(image).map(([key, value]) => [`X-Image-Meta-Property-${key}`, value] as const),
    ['ETag', image.checksum],
  ]),
);

/** Those that there are and that a header can hold. */
function wireHeaders(wanted: readonly (readonly [name: string, value: string | null])[]): readonly Header[] {
  return wanted.flatMap(([name, value]) => {
    const wire = value === null ? null : toWire(value);
    return wire === null || !isToken(name) ? [] : [[name, wire] as const];
  });
}

/** Booleans print as Python prints them. */
function printed(value: string | number | boolean): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return String(value);
}
