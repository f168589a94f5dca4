/** The walls between the rooms; docs/architecture.md tells why. */
const only = (name, from, to) => ({
  name,
  severity: 'error',
  from: { path: from },
  to: { path: '^lib/', pathNot: to },
});

module.exports = {
  forbidden: [
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    only('errors-and-options-know-nobody', '^lib/(errors|options-schema)\\.ts$', '^lib/errors\\.ts$'),
    only('domain-is-pure', '^lib/domain/', '^lib/(domain/|errors\\.ts)'),
    only(
      'services-know-ports',
      '^lib/services/',
      '^lib/(services/|domain/|catalogue/(image-catalogue|lease-book|usage-book|key-space)|blobs/(blob-store|stores|meter)|sources/remote-sources|errors\\.ts)',
    ),
    only('catalogue-knows-domain', '^lib/catalogue/', '^lib/(catalogue/|domain/|(errors|deadline)\\.ts)'),
    only(
      'sources-know-the-port-of-blobs',
      '^lib/sources/',
      '^lib/(sources/|blobs/(blob-store|consume)|(errors|deadline)\\.ts)',
    ),
    only('blobs-know-nobody', '^lib/blobs/', '^lib/(blobs/|errors\\.ts|deadline\\.ts)'),
    only('identity-knows-domain', '^lib/identity/', '^lib/(identity/|domain/|deadline\\.ts|errors\\.ts)'),
    only('http-knows-services', '^lib/http/', '^lib/(http/|services/|identity/|domain/|errors\\.ts)'),
    only(
      'v1-is-a-translation',
      '^lib/v1/',
      '^lib/(v1/|http/|services/|domain/|identity/identity\\.ts|errors\\.ts)',
    ),
    only(
      'testing-knows-ports',
      '^lib/testing/',
      '^lib/(testing/|catalogue/key-space|blobs/blob-store|errors\\.ts)',
    ),
    {
      name: 'no-globals-in-the-library',
      comment: 'reading the environment, listening and signals belong to the example',
      severity: 'error',
      from: { path: '^lib/' },
      to: { path: '^(example|test|bench)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types', 'default'],
    },
  },
};
