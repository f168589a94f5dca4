import assert from 'node:assert/strict';
import fc from 'fast-check';
import { HttpSource } from '../../../lib/sources/http/http-source.js';
import { redact } from '../../../lib/sources/http/source-url.js';
import { isRegistryError } from '../../../lib/errors.js';
import { failureOf } from './loopback.js';

const source = new HttpSource({ sizeCap: 1 });
const TEXT =
  'The source must be an address that begins with http:// or https://, has no user name, password, fragment, ' +
  'blanks or control characters, and at most 8192 characters.';

describe('the text of a source', () => {
  const bad = [
    '',
    ' ',
    'file:///etc/passwd',
    'FILE:///etc/passwd',
    'file:/etc/passwd',
    'file://localhost/etc/passwd',
    'filesystem:///etc/passwd',
    'filesystem:http://example.org/x',
    'swift+config://ref/container/object',
    'SWIFT+CONFIG://ref/container/object',
    'swift://example.org/x',
    's3://key:secret@bucket/x',
    'rbd://pool/image',
    'cinder://volume',
    'vsphere://host/x',
    'data:text/plain,x',
    'gopher://127.0.0.1:25/x',
    'ftp://example.org/x',
    'ws://example.org/x',
    'javascript:alert(1)',
    '\\\\server\\share',
    '//example.org/x',
    '/etc/passwd',
    'example.org/x',
    'http:example.org',
    'http:/example.org',
    'http:///example.org',
    'http:\\\\example.org',
    'http://example.org\\@127.0.0.1/',
    'http://',
    'http://?x',
    'http://:80/',
    'http://user@example.org/',
    'http://user:password@example.org/',
    'http://@example.org/',
    'http://:@example.org/',
    'http://example.org@127.0.0.1/',
    'http://example.org/#fragment',
    'http://example.org#@127.0.0.1/',
    ' http://example.org/',
    'http://example.org/ ',
    '\thttp://example.org/',
    '\u0000http://example.org/',
    '\u00a0http://example.org/',
    'http://example.org/a b',
    'ht\ntp://example.org/',
    'http://exam\nple.org/',
    'http://example.org/\r\nHost: 127.0.0.1',
    'http://example.org/\u0085',
    'http://exa mple.org/',
    'http://example.org:99999/',
    'http://example.org:80:80/',
    'http://[::1/',
    'http://256.256.256.256/',
    'http://1.2.3.4.5/',
    `http://example.org/${'x'.repeat(8192)}`,
  ];
  for (const url of bad) {
    it(`refuses ${JSON.stringify(url.slice(0, 60))}`, async () => {
      assert.throws(() => source.check(url), { name: 'RegistryError', code: 'bad_request', message: TEXT });
      const error = await failureOf(source.size(url));
      assert.equal(error.code, 'bad_request');
      assert.equal(error.publicText, TEXT);
    });
  }

  const good = [
    'http://example.org',
    'HTTPS://Example.org:8443/a/b?x=a@b&y=%20',
    'http://example.org?signature=x',
    'http://bücher.example/ü',
    'http://example.org./',
    'http://[2606:4700::1]/',
    // What these hosts mean is for the rules for addresses to see.
    'http://127.0.0.1/',
    'http://0x7f.1/',
  ];
  for (const url of good) {
    it(`takes ${url}`, () => {
      assert.doesNotThrow(() => source.check(url));
    });
  }

  it('names only the schemes that are allowed', () => {
    const secure = new HttpSource({ sizeCap: 1, schemes: ['https'] });
    assert.throws(() => secure.check('http://example.org/'), { message: /begins with https:\/\/, has/ });
    assert.doesNotThrow(() => secure.check('https://example.org/'));
  });

  it('never throws anything but bad_request, whatever the text', () => {
    const pieces = fc.constantFrom(
      ...[
        'http',
        'https',
        'file',
        ':',
        '//',
        '/',
        '\\',
        '@',
        '#',
        '?',
        '[',
        ']',
        '%00',
        '%',
        '..',
        ' ',
        '\n',
      ],
      ...[
        '127.0.0.1',
        '::1',
        '0x7f',
        '１２７',
        '。',
        'xn--',
        '\ud800',
        '\u200d',
        'localhost',
        ':80',
        '\u0000',
      ],
    );
    const texts = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.webUrl({ withFragments: true, withQueryParameters: true }),
      fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join('')),
      fc.string({ unit: 'binary', maxLength: 20 }).map((rest) => `http://${rest}`),
    );
    fc.assert(
      fc.property(texts, (text) => {
        try {
          source.check(text);
          return /^https?:\/\//i.test(text) && URL.canParse(text) && new URL(text).username === '';
        } catch (error) {
          return isRegistryError(error, 'bad_request') && error.publicText === TEXT;
        }
      }),
      { numRuns: 5_000 },
    );
  });
});

describe('an address in the log', () => {
  it('shows neither credentials nor query', () => {
    assert.equal(
      redact('https://ann:secret@example.org:8443/image?signature=secret#secret'),
      'https://example.org:8443/image?…',
    );
    assert.equal(redact(new URL('http://example.org/image')), 'http://example.org/image');
  });

  it('has no lines of its own, and is not long', () => {
    assert.equal(redact('http://example.org/a\r\nb'), 'http://example.org/ab');
    assert.equal(redact('no address, secret'), '(no address)');
    assert.ok(redact(`http://example.org/${'x'.repeat(5000)}?y`).length <= 200);
  });
});
