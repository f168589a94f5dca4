import assert from 'node:assert/strict';
import type { CallerName } from '../support/access/callers.js';
import { AccessHost } from '../support/access/host.js';
import { IMAGE_KINDS, type ImageKind } from '../support/access/images.js';
import { listingsAbout, questionsAbout } from '../support/access/questions.js';
import type { Answer } from '../support/clients/ask.js';

/** The images that a caller may not know of. */
const INVISIBLE: readonly (readonly [CallerName, readonly ImageKind[]])[] = [
  ['stranger', IMAGE_KINDS.filter((kind) => !/public|community/.test(kind) || kind.startsWith('deleted'))],
  ['member', ['private', 'of nobody', 'deleted', 'deleted, public', 'pending_delete']],
  ['sharer', ['private', 'deleted']],
  ['owner', ['of nobody', 'deleted', 'deleted, public', 'pending_delete']],
  ['no project', ['shared', 'deactivated', 'of nobody', 'deleted, public']],
  ['anonymous', ['shared', 'private', 'queued', 'of nobody', 'deleted, public']],
  ['reader', ['deleted', 'of nobody']],
  ['nobody', ['shared', 'public', 'deleted']],
];

/** Those that no listing shows him, with changes-since neither. */
const IN_LISTINGS = INVISIBLE.filter(([caller]) =>
  /stranger|member|sharer|no project|anonymous/.test(caller),
).map(([caller, kinds]) => [caller, kinds.filter((kind) => !kind.includes('public'))] as const);

describe('an image that the caller may not see', () => {
  let host: AccessHost;

  beforeEach(async () => {
    host = new AccessHost();
    await host.start();
  });
  afterEach(() => host.stop());

  for (const [caller, kinds] of INVISIBLE) {
    it(`is for ${caller} as if it was not there`, async () => {
      const unknown = await answers(host, caller, crypto.randomUUID());
      for (const kind of kinds) {
        const image = await host.add(kind);
        const told = await answers(host, caller, image.id);
        // The listing of changes shows deleted images to those who saw them: one begins behind them, too.
        const known = kind.includes('delete') ? PAST : null;
        assert.deepEqual(without(told, known), without(unknown, known), kind);
        assert.deepEqual(await host.record(image.id), image, kind);
      }
    });
  }

  for (const [caller, kinds] of IN_LISTINGS)
    it(`leaves no trace in listings for ${caller}`, async () => {
      await host.add('public', { name: 'for all' });
      const paths = listingsAbout('secret', ['blue', 'green', 'gold', 'red']);
      const before = await listings(host, caller, paths);
      for (const kind of kinds) await host.add(kind, { name: 'secret' });
      assert.deepEqual(await listings(host, caller, paths), before);
    });

  it('is told from one that he may see', async () => {
    const { id } = await host.add('public');
    const unknown = await answers(host, 'stranger', crypto.randomUUID());
    const differing = Object.entries(await answers(host, 'stranger', id)).filter(
      ([question, answer]) => JSON.stringify(answer) !== JSON.stringify(unknown[question]),
    );
    assert.ok(differing.length > 30, `${differing.length} answers differ`);
  });
});

/** A listing of changes that begins behind the image. */
const PAST = /changes-since=.*marker=ID/;

function without(told: Readonly<Record<string, object>>, known: RegExp | null): object {
  return Object.fromEntries(Object.entries(told).filter(([question]) => known?.test(question) !== true));
}

/** All that the caller is told about an image, with its id taken out. */
async function answers(host: AccessHost, caller: CallerName, id: string): Promise<Record<string, object>> {
  const told = await Promise.all(
    questionsAbout(id).map(async ([path, question], n) => {
      const answer = await host.as(caller).ask(path, question);
      const label = `${n} ${question.method ?? 'GET'} ${path}`.replaceAll(new RegExp(id, 'gi'), 'ID');
      return [label.replace(id.replaceAll('-', ''), 'ID'), whole(answer, id)] as const;
    }),
  );
  return Object.fromEntries(told);
}

async function listings(host: AccessHost, caller: CallerName, paths: readonly string[]): Promise<object[]> {
  return Promise.all(paths.map(async (path) => whole(await host.as(caller).ask(path), '\0')));
}

/** Everything that reaches the caller but the time and the request's own id. */
function whole({ status, headers, text }: Answer, id: string): object {
  const { date: _date, 'x-openstack-request-id': _request, ...rest } = headers;
  const forms = [id, id.toUpperCase(), id.replaceAll('-', '')];
  const without = (value: string): string => forms.reduce((so, form) => so.replaceAll(form, 'ID'), value);
  return JSON.parse(without(JSON.stringify({ status, headers: rest, text }))) as object;
}
