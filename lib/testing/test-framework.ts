/** What the suites use of mocha, node:test, vitest or jest (whose `beforeAll` and `afterAll` are given as before, after). */
export interface TestFramework {
  readonly describe: (title: string, body: () => void) => unknown;
  readonly it: (title: string, body: () => Promise<void>) => unknown;
  readonly before: (body: () => Promise<void>) => unknown;
  readonly after: (body: () => Promise<void>) => unknown;
}
