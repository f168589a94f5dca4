import assert from 'node:assert/strict';
import { HttpSource } from '../../../lib/sources/http/http-source.js';
import type { SourceRules } from '../../../lib/sources/http/source-rules.js';
import { assertRefused, loopbackSource, startHttp, type Loopback } from './loopback.js';

describe('rules for sources', () => {
  const wrong: [unknown, RegExp][] = [
    [null, /^createImageRegistry: option sources must be an object$/],
    [{}, /^createImageRegistry: option sources\.sizeCap must be an integer from 1 to /],
    [{ sizeCap: 0 }, /^createImageRegistry: option sources\.sizeCap /],
    [{ sizeCap: '5' }, /^createImageRegistry: option sources\.sizeCap /],
    [{ sizecap: 5 }, /^createImageRegistry: there is no option sources\.sizecap$/],
    [{ sizeCap: 5, schemes: [] }, /^createImageRegistry: option sources\.schemes must not be empty$/],
    [{ sizeCap: 5, schemes: 'http' }, /^createImageRegistry: option sources\.schemes must be a list$/],
    [
      { sizeCap: 5, schemes: ['http', 'file'] },
      /^createImageRegistry: option sources\.schemes\[1\] must be http or https$/,
    ],
    [{ sizeCap: 5, hosts: [] }, /^createImageRegistry: option sources\.hosts must not be empty$/],
    [
      { sizeCap: 5, hosts: ['example.org', 5] },
      /^createImageRegistry: option sources\.hosts\[1\] must be a string$/,
    ],
    [
      { sizeCap: 5, hosts: ['example.org:80'] },
      /^createImageRegistry: option sources\.hosts\[0\] must be a host name/,
    ],
    [{ sizeCap: 5, hosts: ['http://example.org'] }, /^createImageRegistry: option sources\.hosts\[0\] /],
    [{ sizeCap: 5, hosts: ['exa*mple.org'] }, /^createImageRegistry: option sources\.hosts\[0\] /],
    [{ sizeCap: 5, hosts: ['*.'] }, /^createImageRegistry: option sources\.hosts\[0\] /],
    [{ sizeCap: 5, hosts: [''] }, /^createImageRegistry: option sources\.hosts\[0\] /],
    [{ sizeCap: 5, hosts: ['*.[::1]'] }, /^createImageRegistry: option sources\.hosts\[0\] /],
    [
      { sizeCap: 5, ports: [80, 0] },
      /^createImageRegistry: option sources\.ports\[1\] must be an integer from 1 to 65535$/,
    ],
    [{ sizeCap: 5, ports: [65_536] }, /^createImageRegistry: option sources\.ports\[0\] /],
    [
      { sizeCap: 5, networks: ['10.0.0.0'] },
      /^createImageRegistry: option sources\.networks\[0\] must be a network such as /,
    ],
    [
      { sizeCap: 5, networks: ['10.0.0.0/8', '10.0.0.0/33'] },
      /^createImageRegistry: option sources\.networks\[1\] /,
    ],
    [{ sizeCap: 5, networks: ['fd00::/129'] }, /^createImageRegistry: option sources\.networks\[0\] /],
    [{ sizeCap: 5, networks: ['localhost/8'] }, /^createImageRegistry: option sources\.networks\[0\] /],
    [{ sizeCap: 5, networks: [10] }, /^createImageRegistry: option sources\.networks\[0\] must be a string$/],
    [{ sizeCap: 5, idleTimeout: 0 }, /^createImageRegistry: option sources\.idleTimeout /],
    [{ sizeCap: 5, totalTimeout: 2 ** 31 }, /^createImageRegistry: option sources\.totalTimeout /],
    [{ sizeCap: 5, connectTimeout: 1.5 }, /^createImageRegistry: option sources\.connectTimeout /],
    [
      { sizeCap: 5, maxRedirects: 21 },
      /^createImageRegistry: option sources\.maxRedirects must be an integer from 0 to 20$/,
    ],
    [
      { sizeCap: 5, ca: 'no certificate' },
      /^createImageRegistry: option sources\.ca must be certificates in PEM form$/,
    ],
    [{ sizeCap: 5, ca: [5] }, /^createImageRegistry: option sources\.ca /],
    [{ sizeCap: 5, ca: 5 }, /^createImageRegistry: option sources\.ca /],
    [
      { sizeCap: 5, lookup: 'dns' },
      /^createImageRegistry: option sources\.lookup must be a function like dns\.lookup$/,
    ],
  ];
  for (const [rules, message] of wrong) {
    it(`refuses ${JSON.stringify(rules)}`, () => {
      assert.throws(() => new HttpSource(rules as SourceRules), { name: 'TypeError', message });
    });
  }

  it('takes all options, and does not change them', () => {
    const rules = Object.freeze({
      schemes: Object.freeze(['https'] as const),
      hosts: Object.freeze(['Example.ORG', '*.bücher.example', '[::1]', '192.0.2.1', 'dot.example.']),
      ports: Object.freeze([443, 8443]),
      networks: Object.freeze(['10.0.0.0/8', 'fd00::/8', '::ffff:0:0/96']),
      sizeCap: 1,
      idleTimeout: 1,
      totalTimeout: 2 ** 31 - 1,
      connectTimeout: 1,
      maxRedirects: 0,
      ca: [],
    });
    assert.doesNotThrow(() => new HttpSource(rules));
  });
});

describe('hosts that may be named', () => {
  let server: Loopback;
  before(async () => {
    server = await startHttp((_request, response) => response.writeHead(200, { 'content-length': 7 }).end());
  });
  after(() => server.close());

  const at = (host: string, hosts: string[]): Promise<number> => {
    const lookup: SourceRules['lookup'] = (_name, _options, callback) =>
      callback(null, [{ address: '127.0.0.1', family: 4 }]);
    return loopbackSource({ hosts, lookup }).size(`http://${host}:${server.port}/`);
  };
  const cases: [string, string[], boolean][] = [
    ['images.example.org', ['images.example.org'], true],
    ['IMAGES.example.org', ['images.EXAMPLE.org'], true],
    ['images.example.org.', ['images.example.org'], true],
    ['images.example.org', ['images.example.org.'], true],
    ['bücher.example', ['bücher.example'], true],
    ['xn--bcher-kva.example', ['bücher.example'], true],
    ['example.org', ['images.example.org'], false],
    ['ximages.example.org', ['images.example.org'], false],
    ['images.example.org.evil.example', ['images.example.org'], false],
    ['a.example.org', ['*.example.org'], true],
    ['a.b.example.org', ['other.example', '*.example.org'], true],
    ['example.org', ['*.example.org'], false],
    ['aexample.org', ['*.example.org'], false],
    ['127.0.0.1', ['127.0.0.1'], true],
    ['127.0.0.1', ['*.example.org'], false],
    ['2130706433', ['127.0.0.1'], true],
  ];
  for (const [host, hosts, allowed] of cases) {
    it(`${allowed ? 'allows' : 'refuses'} ${host} under ${hosts.join(', ')}`, async () => {
      const before = server.connections();
      if (allowed) assert.equal(await at(host, hosts), 7);
      else await assertRefused(at(host, hosts), /the host .* is not allowed/);
      assert.equal(server.connections() - before, allowed ? 1 : 0);
    });
  }
});
