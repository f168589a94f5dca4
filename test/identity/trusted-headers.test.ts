import assert from 'node:assert/strict';
import type { OutgoingHttpHeaders } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { trustedHeaders, type TrustedHeadersOptions } from '../../lib/identity/trusted-headers.js';
import { whoami, type Said } from '../support/clients/whoami.js';

const ANN = {
  'x-identity-status': 'Confirmed',
  'x-user-id': 'ann',
  'x-project-id': 'blue',
  'x-roles': 'member, reader',
};
const IS_ANN = { user: 'ann', project: 'blue', roles: ['member', 'reader'], admin: false };
const ANONYMOUS = { user: null, project: null, roles: [], admin: false, readOnly: true };

async function ask(
  options: TrustedHeadersOptions,
  headers: OutgoingHttpHeaders,
  listen?: string,
): Promise<Said> {
  const server = await whoami(trustedHeaders(options), listen);
  try {
    return await server.ask(headers);
  } finally {
    await server.close();
  }
}

const LOCAL = { from: ['127.0.0.1'] };

describe('trustedHeaders', () => {
  it('believes the headers of a confirmed caller', async () => {
    assert.deepEqual(await ask(LOCAL, ANN), { identity: IS_ANN });
  });

  it('takes X-Tenant-Id for X-Project-Id, and a caller without a project', async () => {
    const { 'x-project-id': _project, ...rest } = ANN;
    assert.deepEqual(await ask(LOCAL, { ...rest, 'x-tenant-id': 'blue' }), { identity: IS_ANN });
    assert.deepEqual(await ask(LOCAL, rest), { identity: { ...IS_ANN, project: null } });
  });

  it('knows admins by the role of the option, in any case', async () => {
    const headers = { ...ANN, 'x-roles': 'Member,ADMIN' };
    assert.equal((await ask(LOCAL, headers)).identity?.admin, true);
    assert.equal((await ask({ ...LOCAL, adminRole: 'boss' }, headers)).identity?.admin, false);
    assert.equal(
      (await ask({ ...LOCAL, adminRole: 'Boss' }, { ...ANN, 'x-roles': 'boss' })).identity?.admin,
      true,
    );
  });

  it('reads UTF-8', async () => {
    const roles = Buffer.from('rôle', 'utf8').toString('latin1');
    assert.deepEqual((await ask(LOCAL, { ...ANN, 'x-roles': roles })).identity?.roles, ['rôle']);
  });

  const nobody: Readonly<Record<string, OutgoingHttpHeaders>> = {
    'no headers': {},
    'no status': { ...ANN, 'x-identity-status': [] },
    'an invalid caller': { ...ANN, 'x-identity-status': 'Invalid' },
    'another case of the status': { ...ANN, 'x-identity-status': 'confirmed' },
    'a status twice in one line': { ...ANN, 'x-identity-status': 'Confirmed, Confirmed' },
  };
  for (const [what, headers] of Object.entries(nobody)) {
    it(`does not know ${what}, unless anonymous callers may read`, async () => {
      assert.deepEqual(await ask(LOCAL, headers), { identity: null });
      assert.deepEqual(await ask({ ...LOCAL, allowAnonymous: true }, headers), { identity: ANONYMOUS });
    });
  }

  const contradictions: Readonly<Record<string, OutgoingHttpHeaders>> = {
    'two statuses': { ...ANN, 'x-identity-status': ['Invalid', 'Confirmed'] },
    'two users': { ...ANN, 'x-user-id': ['ann', 'bob'] },
    'two projects': { ...ANN, 'x-project-id': ['blue', 'red'] },
    'two projects in one line': { ...ANN, 'x-project-id': 'blue,red' },
    'a project and another tenant': { ...ANN, 'x-tenant-id': 'red' },
    'two lists of roles': { ...ANN, 'x-roles': ['admin', 'member'] },
    'no user': { ...ANN, 'x-user-id': [] },
  };
  for (const [what, headers] of Object.entries(contradictions)) {
    it(`refuses ${what}, even where anonymous callers may read`, async () => {
      assert.deepEqual(await ask({ ...LOCAL, allowAnonymous: true }, headers), { identity: null });
    });
  }

  it('takes a header that is there twice with the same value', async () => {
    assert.deepEqual(await ask(LOCAL, { ...ANN, 'x-user-id': ['ann', 'ann'], 'x-tenant-id': 'blue' }), {
      identity: IS_ANN,
    });
  });

  const networks = ['127.0.0.0/8', '::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:127.0.0.0/104', '0.0.0.0/0'];
  for (const network of networks) {
    it(`lets 127.0.0.1 in by ${network}, over IPv4 and IPv4-mapped IPv6`, async () => {
      assert.deepEqual(await ask({ from: ['192.0.2.1', network] }, ANN), { identity: IS_ANN });
      assert.deepEqual(await ask({ from: ['192.0.2.1', network] }, ANN, '::'), { identity: IS_ANN });
    });
  }

  for (const network of ['127.0.0.2', '128.0.0.0/8', '::1', '2001:db8::/32', '::ffff:10.0.0.0/104']) {
    it(`refuses 127.0.0.1 with ${network} alone, whatever X-Forwarded-For says`, async () => {
      const headers = {
        ...ANN,
        'x-forwarded-for': '127.0.0.2',
        forwarded: 'for=127.0.0.2',
        'x-real-ip': '::1',
      };
      for (const listen of ['127.0.0.1', '::']) {
        const { code } = await ask({ from: [network], allowAnonymous: true }, headers, listen);
        assert.equal(code, 'unauthorized');
      }
    });
  }

  it('refuses a Unix socket, which has no address', async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'trusted-headers-'));
    try {
      const { code } = await ask({ from: ['0.0.0.0/0', '::/0'] }, ANN, path.join(folder, 'socket'));
      assert.equal(code, 'unauthorized');
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  const bad: readonly (readonly [unknown, RegExp])[] = [
    [{}, /option from is missing/],
    [{ from: [] }, /option from /],
    [{ from: '127.0.0.1' }, /option from /],
    [{ from: ['localhost'] }, /option from: "localhost"/],
    [{ from: ['10.0.0.0/33'] }, /option from: "10\.0\.0\.0\/33"/],
    [{ from: ['::ffff:10.0.0.0/8'] }, /option from: /],
    [{ from: ['10.0.0.0/'] }, /option from: /],
    [{ from: ['::1'], trust: true }, /no option trust/],
    [{ from: ['::1'], adminRole: '' }, /option adminRole/],
    [undefined, /options must be object/],
  ];
  for (const [options, message] of bad) {
    it(`refuses ${JSON.stringify(options)}`, () => {
      assert.throws(() => trustedHeaders(options as TrustedHeadersOptions), { name: 'TypeError', message });
    });
  }
});
