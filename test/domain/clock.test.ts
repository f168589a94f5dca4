import assert from 'node:assert/strict';
import { Clock, parseTime, timeAfter } from '../../lib/domain/times.js';

const NOON = Date.UTC(2024, 0, 1, 12);
const YEAR = 365 * 24 * 3_600_000;

describe('Clock', () => {
  const at = { wall: NOON };
  const clock = new Clock(() => at.wall);

  it('gives the time of the system, in microseconds that increase within one of its milliseconds', () => {
    assert.deepEqual(
      [clock.now(), clock.now()],
      ['2024-01-01T12:00:00.000000', '2024-01-01T12:00:00.000001'],
    );
  });

  it('goes on from where it was when the system is set back a little', () => {
    at.wall = NOON + 9000;
    assert.equal(clock.now(), '2024-01-01T12:00:09.000000');
    at.wall = NOON;
    assert.equal(clock.now(), '2024-01-01T12:00:09.000001');
    at.wall = NOON + 10_000;
    assert.equal(clock.now(), '2024-01-01T12:00:10.000000');
  });

  it('goes back with the system when that had jumped ahead, and increases from there', () => {
    at.wall = NOON + 10 * YEAR;
    assert.equal(clock.now(), '2033-12-29T12:00:00.000000');
    at.wall = NOON + 60_000;
    const first = clock.now();
    assert.equal(first, '2024-01-01T12:01:00.000000');
    assert.ok(clock.now() > first);
    at.wall += 1;
    assert.equal(clock.now(), timeAfter(first, 1));
  });
});

describe('parseTime', () => {
  it('knows the years 1900 to 9999 in UTC, whatever they are where the time is told', () => {
    assert.equal(parseTime('9999-12-31T23:59:59.999999'), '9999-12-31T23:59:59.999999');
    assert.equal(parseTime('1900-01-01T00:30:00-01:00'), '1900-01-01T01:30:00.000000');
    for (const text of [
      '9999-12-31T23:30:00-01:00',
      '1900-01-01T00:30:00+01:00',
      '10000-01-01',
      '1899-12-31',
    ])
      assert.equal(parseTime(text), null, text);
  });
});
