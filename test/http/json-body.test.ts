import assert from 'node:assert/strict';
import type { Request } from 'express';
import { isRegistryError, type ErrorCode } from '../../lib/errors.js';
import { callerOf } from '../../lib/domain/identity.js';
import { readJsonBody } from '../../lib/http/json-body.js';
import { ReadBudget } from '../../lib/http/read-budget.js';

/** A request whose body a parser has left as bytes. */
function requestWith(body: string | Buffer): Request {
  const bytes = Buffer.from(body);
  return {
    headers: { 'content-length': String(bytes.length) },
    readableDidRead: true,
    body: bytes,
  } as unknown as Request;
}

const caller = callerOf({ user: 'u', project: 'p', roles: [] });
const reading = new ReadBudget({ each: 2 ** 21, all: 2 ** 21 });
const read = (body: string | Buffer): Promise<unknown> =>
  readJsonBody({ request: requestWith(body), caller, reading });

async function refuses(code: ErrorCode, ...bodies: (string | Buffer)[]): Promise<void> {
  for (const body of bodies)
    await assert.rejects(read(body), (error) => isRegistryError(error, code), String(body).slice(0, 80));
}

describe('JSON bodies', () => {
  it('are read, the last of keys that stand twice', async () => {
    assert.deepEqual(await read(' {"a": [1, "ü😀", null], "b": 1, "b": 2}\n'), { a: [1, 'ü😀', null], b: 2 });
    const document = (await read('{"__proto__": {"x": 1}, "constructor": 2}')) as object;
    assert.deepEqual(Object.keys(document), ['__proto__', 'constructor']);
    assert.equal(Object.getPrototypeOf(document), Object.prototype);
  });

  it('are needed, and must be JSON in UTF-8', async () => {
    await refuses('bad_request', '', '{', '{"a":1}x', "{'a':1}", '\uFEFF{}', 'NaN', '"a\nb"');
    await refuses('bad_request', Buffer.from([0x22, 0xff, 0x22]), Buffer.from('{}', 'utf16le'));
  });

  it('have no text that no store would keep', async () => {
    await refuses('bad_request', '{"a":"\\u0000"}', '{"\\u0000":1}', '["\\ud800"]', '["\\udc00\\ud800"]');
    assert.deepEqual(await read('["\\ud83d\\ude00"]'), ['😀']);
  });

  it('are bounded in depth and size', async () => {
    const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
    assert.ok(await read(nested(16)));
    await refuses('bad_request', nested(17), nested(100_000), '[{"a":'.repeat(100_000));
    const full = JSON.stringify('x'.repeat(1024 * 1024 - 2));
    assert.equal(String(await read(full)).length, 1024 * 1024 - 2);
    await refuses('too_large', `${full} `);
  });
});
