/**
 * Reads a uuid in any of its forms: upper or lower case, with or without hyphens, braces or `urn:uuid:`.
 * @returns lower-case with hyphens, null when the text is no uuid
 */
export function parseUuid(text: string): string | null {
  const hex = text
    .toLowerCase()
    .replace(/^(urn:)?(uuid:)?/, '')
    .replace(/^\{(.*)\}$/, '$1')
    .replaceAll('-', '');
  if (!/^[0-9a-f]{32}$/.test(hex)) return null;
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
