import type { Image } from '../image.js';

/** What an action is done to: public fields of an image by name. Only own properties are looked at. */
export type PolicyTarget = Readonly<Record<string, unknown>>;

/**
 * What rules see of an image: its public fields, its properties by key and again within `properties`, and `member_id` for what is
 * done to a membership. A property never stands in for a field, nor for one of another API that the image does not have.
 */
export function policyTarget(image: Image, memberId?: string): PolicyTarget {
  const fields = {
    id: image.id,
    image_id: image.id,
    name: image.name,
    status: image.status,
    visibility: image.visibility,
    is_public: image.visibility === 'public',
    hidden: image.hidden,
    owner: image.owner,
    project_id: image.owner,
    tenant: image.owner,
    tenant_id: image.owner,
    protected: image.protected,
    disk_format: image.disk_format,
    container_format: image.container_format,
    size: image.size,
    min_ram: image.min_ram,
    min_disk: image.min_disk,
    checksum: image.checksum,
    created_at: image.created_at,
    updated_at: image.updated_at,
    properties: image.properties,
    member_id: memberId,
    user_id: undefined,
    user: undefined,
    domain_id: undefined,
    project_domain_id: undefined,
    user_domain_id: undefined,
  };
  return Object.fromEntries([...Object.entries(image.properties), ...Object.entries(fields)]);
}
