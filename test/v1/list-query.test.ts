import assert from 'node:assert/strict';
import { isRegistryError } from '../../lib/errors.js';
import { readListQuery } from '../../lib/v1/list-query.js';

describe('numbers in a v1 listing', () => {
  const read = (query: string): unknown => readListQuery(new URLSearchParams(query));

  for (const name of ['size_min', 'size_max', 'min_ram', 'limit'])
    it(`have at most 64 bits: ${name}`, () => {
      assert.ok(read(`${name}=${2n ** 63n - 1n}`));
      for (const value of [String(2n ** 63n), '9'.repeat(20), '-1', '1.5', '', '1e3'])
        assert.throws(
          () => read(`${name}=${value}`),
          (error) => isRegistryError(error, 'bad_request') && error.message.startsWith(name),
          value,
        );
    });
});
