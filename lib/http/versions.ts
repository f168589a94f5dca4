/** The versions that are served, highest first, and where. */
const VERSIONS = [
  { id: 'v1.1', path: 'v1' },
  { id: 'v1.0', path: 'v1' },
];

/** The document that clients discover versions by. */
export function versionsDocument(base: string): object {
  return {
    versions: VERSIONS.map(({ id, path }) => ({
      id,
      status: 'SUPPORTED',
      links: [{ rel: 'self', href: `${base}/${path}/` }],
    })),
  };
}
