import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isIP, type LookupFunction } from 'node:net';
import { HttpSource } from '../../../lib/sources/http/http-source.js';
import { isRegistryError } from '../../../lib/errors.js';
import {
  assertBroken,
  assertRefused,
  bytesOf,
  failureOf,
  fakeLookup,
  loopbackSource,
  startHttp,
  type Loopback,
} from './loopback.js';

const LITERALS = [
  ...['127.0.0.1', '127.255.255.254', '127.1', '127.0.1', '2130706433', '0x7f000001', '0x7f.0.0.1', '0x7F.1'],
  ...['0177.0.0.1', '017700000001', '00000177.0.0.1', '127.0.0.1.', '0x7f.0x0.0x0.0x1', '0'],
  ...['１２７.０.０.１', '①②⑦.⓪.⓪.①', '127。0。0。1', '127%2e0%2e0%2e1', '%31%32%37.0.0.1', '0.0.0.0'],
  ...['10.0.0.1', '10.255.255.255', '100.64.0.1', '100.100.100.200', '169.254.169.254', '2852039166'],
  ...['172.16.0.1', '172.31.255.255', '192.0.0.192', '192.0.2.1', '192.88.99.1', '192.168.1.1', '198.18.0.1'],
  ...['198.19.255.255', '198.51.100.7', '203.0.113.7', '224.0.0.1', '239.255.255.255', '240.0.0.1'],
  ...['255.255.255.255', '4294967295', '168.63.129.16'],
  ...['[::1]', '[::]', '[0:0:0:0:0:0:0:1]', '[::127.0.0.1]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]'],
  ...['[::ffff:0:127.0.0.1]', '[::ffff:169.254.169.254]', '[::ffff:8.8.8.8]', '[64:ff9b::127.0.0.1]'],
  ...['[64:ff9b::a9fe:a9fe]', '[64:ff9b:1::1]', '[100::1]', '[2001::1]', '[2001:0:7f00:1::]', '[2001:2::1]'],
  ...['[2001:20::1]', '[2001:db8::1]', '[2002:7f00:1::]', '[2002:a00:1::1]', '[3fff::1]', '[5f00::1]'],
  ...[
    '[fc00::1]',
    '[fd00:ec2::254]',
    '[fe80::1]',
    '[febf::1]',
    '[fec0::1]',
    '[ff02::1]',
    '[ff0e::1]',
    '[4000::1]',
  ],
];

describe('addresses that may be fetched from', () => {
  let server: Loopback;
  before(async () => {
    server = await startHttp((_request, response) => {
      response.writeHead(200, { 'content-length': 7 }).end('loopbac');
    }, '::');
  });
  after(() => server.close());

  /** The port is allowed, so that nothing but the rules for addresses keeps a request from the server. */
  const strict = (lookup?: LookupFunction): HttpSource =>
    new HttpSource({ sizeCap: 100, ports: [server.port], ...(lookup === undefined ? {} : { lookup }) });

  for (const host of LITERALS) {
    it(`refuses ${host} in an address`, async () => {
      const url = `http://${host}:${server.port}/`;
      await assertRefused(strict().size(url), /the address \S+ on port \d+ is not allowed/);
      await assertBroken(strict().read(url), /is not allowed/);
      assert.equal(server.connections(), 0);
    });
  }

  // The same addresses, those of them that are written as a resolver gives them.
  const resolved = LITERALS.map((host) => host.replace(/^\[(.*)\]$/, '$1')).filter(
    (host) => isIP(host) !== 0,
  );
  for (const address of resolved) {
    it(`refuses a name whose address is ${address}`, async () => {
      const { lookup, asked } = fakeLookup(address);
      await assertRefused(strict(lookup).size(`http://name.example:${server.port}/`), /is not allowed/);
      assert.deepEqual(asked, ['name.example']);
      assert.equal(server.connections(), 0);
    });
  }

  it('refuses a name with a public and a private address as a whole, in any order', async () => {
    for (const addresses of [
      ['8.8.8.8', '127.0.0.1'],
      ['127.0.0.1', '8.8.8.8'],
      ['2606:4700::1', '::1'],
      ['8.8.8.8', '8.8.4.4', '::ffff:127.0.0.1'],
    ]) {
      const source = strict(fakeLookup(...addresses).lookup);
      await assertRefused(source.size(`http://name.example:${server.port}/`), /is not allowed/);
    }
    assert.equal(server.connections(), 0);
  });

  it('refuses localhost and other names that the machine itself knows', async () => {
    await assertRefused(strict().size(`http://localhost:${server.port}/`), /is not allowed/);
    await assertRefused(
      strict().size(`http://LOCALHOST.:${server.port}/`),
      /not allowed|ENOTFOUND|EAI_AGAIN/,
    );
    assert.equal(server.connections(), 0);
  });

  it('refuses a lookup without or with unreadable addresses', async () => {
    const url = `http://name.example:${server.port}/`;
    await assertRefused(strict(fakeLookup().lookup).size(url), /the host has no address/);
    await assertRefused(strict(fakeLookup('localhost').lookup).size(url), /is not allowed/);
    const one: LookupFunction = (_name, _options, callback) => callback(null, '8.8.8.8', 4);
    await assertRefused(strict(one).size(url), /ignored the option "all"/);
    const down: LookupFunction = (_name, _options, callback) => callback(new Error('no such name'), '');
    await assertRefused(strict(down).size(url), /no such name/);
  });

  it('refuses a port that is not listed, on a public address', async () => {
    const source = new HttpSource({ sizeCap: 100, lookup: fakeLookup('8.8.8.8').lookup });
    await assertRefused(source.size('http://8.8.8.8:22/'), /8\.8\.8\.8 on port 22 is not allowed/);
    await assertRefused(source.size('https://name.example:8443/'), /8\.8\.8\.8 on port 8443 is not allowed/);
  });

  it('never connects to loopback for any text', async () => {
    const hosts = fc.oneof(
      fc.constantFrom(...LITERALS),
      fc.nat(0xffffff).map((rest) => String(0x7f000000 + rest)),
      fc.nat(0xffffff).map((rest) => `0x${(0x7f000000 + rest).toString(16)}`),
      fc.nat(0xffffff).map((rest) => `0${(0x7f000000 + rest).toString(8)}`),
      fc.nat(0xffff).map((rest) => `127.0x${rest.toString(16)}`),
      fc.domain(),
    );
    const ends = fc.constantFrom('/', '?x', '/a?b@c', '', '/%00', '/..//', '#x', '\\@x', '@127.0.0.1/');
    const starts = fc.constantFrom('http://', 'HTTP://', 'https://', 'http:/', 'http://x@', ' http://');
    const source = strict(fakeLookup('127.0.0.1').lookup);
    await fc.assert(
      fc.asyncProperty(starts, hosts, ends, async (start, host, end) => {
        const error = await failureOf(source.size(`${start}${host}:${server.port}${end}`));
        return isRegistryError(error, 'bad_request', 'not_found') && server.connections() === 0;
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('networks that are allowed', () => {
  let server: Loopback;
  before(async () => {
    server = await startHttp((_request, response) => {
      response.writeHead(200, { 'content-length': 7 }).end('loopbac');
    }, '::');
  });
  after(() => server.close());

  it('are reached on any port, however the address is written', async () => {
    for (const host of ['127.0.0.1', '2130706433', '0x7f.1', '0177.0.0.1', '１２７.1', 'localhost.example']) {
      const source = loopbackSource({ lookup: fakeLookup('127.0.0.1').lookup });
      assert.equal(await source.size(`http://${host}:${server.port}/`), 7, host);
      assert.equal(String(await bytesOf(source.read(`http://${host}:${server.port}/`))), 'loopbac', host);
    }
  });

  it('hold nothing but what they say', async () => {
    const url = (host: string): string => `http://${host}:${server.port}/`;
    await assertRefused(loopbackSource().size(url('127.0.0.2')), /127\.0\.0\.2 on port \d+ is not allowed/);
    // An IPv4 network does not open its IPv6 forms.
    await assertRefused(loopbackSource().size(url('[::ffff:127.0.0.1]')), /is not allowed/);
    await assertRefused(loopbackSource().size(url('[::1]')), /is not allowed/);
    assert.equal(await loopbackSource({ networks: ['::1/128'] }).size(url('[::1]')), 7);
    assert.equal(await loopbackSource({ networks: ['::ffff:0:0/96'] }).size(url('[::ffff:127.0.0.1]')), 7);
  });

  it('are reached by a name with several addresses, the first of which is dead', async () => {
    const { lookup, asked } = fakeLookup('127.0.0.2', '127.0.0.1');
    const one = await startHttp((_request, response) =>
      response.writeHead(200, { 'content-length': 3 }).end(),
    );
    try {
      const source = loopbackSource({ networks: ['127.0.0.0/30'], lookup });
      assert.equal(await source.size(`http://name.example:${one.port}/`), 3);
      assert.deepEqual(asked, ['name.example']);
    } finally {
      await one.close();
    }
  });

  it('are not left by a name that changes its address between check and connection', async () => {
    let count = 0;
    const rebinding: LookupFunction = (_name, _options, callback) => {
      count += 1;
      callback(null, [{ address: count === 1 ? '127.0.0.1' : '127.0.0.2', family: 4 }]);
    };
    const hit: string[] = [];
    const inner = await startHttp((request, response) => {
      hit.push(request.socket.localAddress ?? '');
      response.writeHead(200, { 'content-length': 5 }).end();
    }, '0.0.0.0');
    try {
      const source = loopbackSource({ lookup: rebinding });
      assert.equal(await source.size(`http://name.example:${inner.port}/`), 5);
      assert.equal(count, 1, 'one lookup for one connection');
      await assertRefused(source.size(`http://name.example:${inner.port}/`), /127\.0\.0\.2 .* not allowed/);
      assert.equal(count, 2);
      assert.deepEqual(hit, ['127.0.0.1']);
    } finally {
      await inner.close();
    }
  });
});
