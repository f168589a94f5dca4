/** The opaque part of an entity tag as clients send it: bare, quoted or weak. */
const opaque = (tag: string): string =>
  tag
    .trim()
    .replace(/^W\//i, '')
    .replace(/^"(.*)"$/, '$1');

/**
 * Whether an `If-None-Match` header names the ETag, RFC 9110 section 13.1.2. Images have bare ETags, so bare ones are understood too.
 * @param etag null when there is none; then only `*` matches
 */
export function matchesNone(header: string | undefined, etag: string | null): boolean {
  if (header === undefined) return false;
  return header.split(',').some((tag) => tag.trim() === '*' || (etag !== null && opaque(tag) === etag));
}

/** Whether an `If-Range` header, RFC 9110 section 13.1.5, lets a range be sent; a date never does, there is no Last-Modified. */
export function allowsRange(header: string | undefined, etag: string | null): boolean {
  return header === undefined || header.trim() === '*' || (etag !== null && opaque(header) === etag);
}
