import { placesOf, storeOf } from './data-places.js';
import type { Image, PublicImage } from './image.js';

/** What may leave the registry of an image. Field by field: listings do so for each image, and to leave some fields of many out takes ten times longer. */
export function publicImage(image: Image): PublicImage {
  return {
    id: image.id,
    name: image.name,
    status: image.status,
    visibility: image.visibility,
    hidden: image.hidden,
    owner: image.owner,
    protected: image.protected,
    disk_format: image.disk_format,
    container_format: image.container_format,
    size: image.size,
    virtual_size: image.virtual_size,
    checksum: image.checksum,
    os_hash_algo: image.os_hash_algo,
    os_hash_value: image.os_hash_value,
    min_ram: image.min_ram,
    min_disk: image.min_disk,
    tags: image.tags,
    properties: image.properties,
    stores: placesOf(image)
      .map(storeOf)
      .filter((store) => store !== null),
    message: image.message,
    created_at: image.created_at,
    updated_at: image.updated_at,
    deleted_at: image.deleted_at,
  };
}
