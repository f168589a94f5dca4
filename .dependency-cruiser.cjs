/** The walls between the rooms; docs/architecture.md tells why. */
const only = (name, from, to) => ({
  name,
  severity: 'error',
  from: { path: from },
  to: { path: '^lib/', pathNot: to },
});

/** What every room but the domain may lean on. */
const BASE = '^lib/(errors|logger|deadline|guarded-call|reluctant-map)\\.ts$';

const ADAPTERS = '^lib/(catalogue/adapters|blobs/(disk|memory|redis|s3)|sources/http)/';

module.exports = {
  forbidden: [
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    only('the-base-knows-nobody', BASE, '^lib/(errors|deadline)\\.ts$'),
    only('domain-is-pure', '^lib/domain/', '^lib/(domain/|errors\\.ts$)'),
    only('services-know-ports', '^lib/services/', [
      BASE,
      '^lib/(services|domain)/',
      '^lib/catalogue/(key-space|image-catalogue|[a-z]+-book)\\.ts$',
      '^lib/blobs/(blob-store|stores|meter|digests/digest-threads)\\.ts$',
      '^lib/sources/remote-sources\\.ts$',
    ]),
    only('catalogue-knows-domain', '^lib/catalogue/', [BASE, '^lib/(catalogue|domain|redis)/']),
    only('sources-know-the-port-of-blobs', '^lib/sources/', [
      BASE,
      '^lib/sources/',
      '^lib/blobs/(blob-store|consume)\\.ts$',
    ]),
    only('blobs-know-nobody', '^lib/blobs/', [BASE, '^lib/(blobs|redis)/']),
    only('redis-knows-nobody', '^lib/redis/', [BASE, '^lib/redis/']),
    only('identity-knows-domain', '^lib/identity/', [BASE, '^lib/(identity|domain)/']),
    only('http-knows-services', '^lib/http/', [
      BASE,
      '^lib/(http|services|domain)/',
      '^lib/identity/identity\\.ts$',
    ]),
    only('v1-is-a-translation', '^lib/v1/', ['^lib/errors\\.ts$', '^lib/(v1|http|services|domain)/']),
    only('v2-is-a-translation', '^lib/v2/', ['^lib/errors\\.ts$', '^lib/(v2|http|services|domain)/']),
    only('testing-knows-ports', '^lib/testing/', [
      '^lib/errors\\.ts$',
      '^lib/testing/',
      '^lib/catalogue/key-space\\.ts$',
      '^lib/blobs/blob-store\\.ts$',
    ]),
    {
      name: 'ports-know-no-adapter',
      comment: 'only what stands outside the rooms knows which adapters there are',
      severity: 'error',
      from: { path: '^lib/[^/]+/', pathNot: ADAPTERS },
      to: { path: ADAPTERS },
    },
    {
      name: 'stores-know-not-each-other',
      severity: 'error',
      from: { path: '^lib/blobs/(disk|memory|redis|s3)/' },
      to: { path: '^lib/blobs/(disk|memory|redis|s3)/', pathNot: '^lib/blobs/$1/' },
    },
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
