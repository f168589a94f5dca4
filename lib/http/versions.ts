/** One version of the API that is served. */
export interface Version {
  /** `v2.15` */
  readonly id: string;
  readonly status: 'CURRENT' | 'SUPPORTED';
  /** Path segment of its addresses. */
  readonly path: string;
}

/** The document that clients discover versions by; every version that it lists they may use. */
export function versionsDocument(versions: readonly Version[], base: string): object {
  return {
    versions: versions.map(({ id, status, path }) => ({
      id,
      status,
      links: [{ rel: 'self', href: `${base}/${path}/` }],
    })),
  };
}
