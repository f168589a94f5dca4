import { imageSchema, type ImageSchemaOptions } from './image-schema.js';
import { MEMBER } from './member-schema.js';
import * as metadefs from './metadef-schemas.js';
import { listOf, type NamedSchema } from './schema.js';
import { BRIEF_TASK, TASK } from './task-schemas.js';

/** THE TABLE: every document below `/v2/schemas/`, by its path there. */
export function schemaDocuments(options: ImageSchemaOptions): ReadonlyMap<string, NamedSchema> {
  const image = imageSchema(options);
  const { MAP_DEFINITIONS: maps, PROPERTY_DEFINITIONS: definitions } = metadefs;
  return new Map<string, NamedSchema>([
    ['image', image],
    ['images', listOf('images', image)],
    ['member', MEMBER],
    ['members', listOf('members', MEMBER, { paged: false })],
    ['task', TASK],
    ['tasks', listOf('tasks', BRIEF_TASK, { paged: false })],
    ['metadefs/namespace', { ...metadefs.NAMESPACE, definitions: maps }],
    ['metadefs/namespaces', listOf('namespaces', metadefs.NAMESPACE, { definitions: maps })],
    ['metadefs/object', { ...metadefs.OBJECT, definitions: maps }],
    ['metadefs/objects', listOf('objects', metadefs.OBJECT, { definitions: maps })],
    ['metadefs/property', { ...metadefs.PROPERTY, definitions }],
    ['metadefs/properties', propertiesSchema()],
    ['metadefs/resource_type', metadefs.RESOURCE_TYPE],
    ['metadefs/resource_types', listOf('resource_type_associations', metadefs.RESOURCE_TYPE)],
    ['metadefs/tag', metadefs.TAG],
    ['metadefs/tags', listOf('tags', metadefs.TAG)],
  ]);
}

/** Properties are the one kind that is a map and no list. */
function propertiesSchema(): NamedSchema {
  const list = listOf('properties', metadefs.NAMED_PROPERTY, { definitions: metadefs.PROPERTY_DEFINITIONS });
  const map = { type: 'object', additionalProperties: metadefs.NAMED_PROPERTY };
  return { ...list, properties: { ...list.properties, properties: map } };
}
