import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { Request } from 'express';
import { callerOf, type Caller } from '../../lib/index.js';
import { ACTIONS } from '../support/access/actions.js';
import { CALLERS, everyCaller, type CallerName } from '../support/access/callers.js';
import { AccessHost } from '../support/access/host.js';
import { eachCaller } from '../support/access/attempts.js';
import { IMAGE_KINDS } from '../support/access/images.js';
import { linesOf, sectionOf } from '../support/access/matrix.js';
import { FACE_ATTEMPTS } from '../support/access/face-actions.js';

const PAGE = readFileSync(new URL('../../docs/access-matrix.md', import.meta.url), 'utf8');

/** The caller behind a token; null: nobody, who never gets as far as a use case. */
async function callerBehind(name: CallerName): Promise<Caller | null> {
  const headers = CALLERS[name] === null ? {} : { 'x-auth-token': CALLERS[name] };
  const identity = await everyCaller()({ headers } as unknown as Request);
  return identity === null ? null : callerOf(identity);
}

describe("who may do what through the host's own code", () => {
  let host: AccessHost;

  beforeEach(async () => {
    host = new AccessHost();
    await host.start();
  });
  afterEach(() => host.stop());

  it('is tried with all that HTTP has', () => {
    assert.equal(FACE_ATTEMPTS.length, ACTIONS.length);
  });

  for (const [n, { title }] of ACTIONS.entries())
    it(`is the same as over HTTP: ${title}`, async () => {
      const attempt = FACE_ATTEMPTS[n];
      assert.ok(attempt);
      const rows = new Map<string, Record<CallerName, string>>();
      for (const kind of IMAGE_KINDS)
        rows.set(
          kind,
          await eachCaller(async (name) => {
            const caller = await callerBehind(name);
            if (caller === null) return '401';
            const image = await host.add(kind);
            const word = await attempt(host.served.registry, caller, image);
            if (/^[45]/.test(word)) assert.deepEqual(await host.record(image.id), image);
            return word;
          }),
        );
      assert.deepEqual(linesOf({ title, rows }).slice(0, -1), sectionOf(PAGE, title).slice(0, -1));
    });
});
