import { isDeepStrictEqual } from 'node:util';
import type { PublicLocation } from '../../domain/image.js';
import type { LocationChange, NewLocation, Position } from '../../domain/new-location.js';
import type { ValidationData } from '../../domain/validation-data.js';
import { RegistryError } from '../../errors.js';

/** A location as the schema of an image allows it. */
interface SaidLocation {
  readonly url: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly validation_data?: ValidationData;
}

/**
 * The change that an operation on `/locations`, `/locations/{n}` or `/locations/-` asks for.
 * @param value one that the schema has allowed
 * @throws RegistryError `bad_request` for a position that is none
 */
export function readLocationChange(
  op: 'add' | 'replace' | 'remove',
  position: string | null,
  value: unknown,
): LocationChange {
  if (op === 'replace') return { op, locations: (value as readonly SaidLocation[]).map(newLocation) };
  const at = readPosition(position ?? '');
  return op === 'remove' ? { op, at } : { op, at, location: newLocation(value as SaidLocation) };
}

/**
 * Locations with what a PATCH has said of their data, as the reference answers it, once.
 * @param operations a body that has been read
 */
export function withValidationData(
  locations: readonly PublicLocation[],
  operations: readonly { readonly value?: unknown }[],
): readonly PublicLocation[] {
  const said = operations
    .flatMap(({ value }) => value)
    .filter((value): value is SaidLocation => typeof value === 'object' && value !== null && 'url' in value);
  return locations.map((location) => {
    const { store, ...metadata } = location.metadata;
    const found = said.find(
      (one) =>
        one.validation_data !== undefined &&
        one.url === location.url &&
        isDeepStrictEqual({ ...one.metadata, store }, { ...metadata, store }),
    );
    return found === undefined ? location : { ...location, validation_data: found.validation_data };
  });
}

function newLocation({ url, metadata, validation_data: validation }: SaidLocation): NewLocation {
  return { url, metadata, ...(validation === undefined ? {} : { validation }) };
}

/** RFC 6901 section 4: digits without a leading zero, or `-` for the place behind the last one. */
function readPosition(text: string): Position {
  if (text === '-') return 'end';
  if (!/^(0|[1-9]\d{0,5})$/.test(text))
    throw new RegistryError('bad_request', 'The position of a location must be a number or -.');
  return Number(text);
}
