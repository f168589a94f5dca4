import assert from 'node:assert/strict';
import { newBlob } from '../../lib/domain/blob-entries.js';
import type { BlobEntry, DataFacts, Image } from '../../lib/domain/image.js';
import { runningTask, tasksOf, withoutOldTasks } from '../../lib/domain/image-tasks.js';
import type { ImportRequest, ImportTask } from '../../lib/domain/import-task.js';
import { withImport, withImportGivenUp, withLanded, withMissed } from '../../lib/domain/imports.js';
import { timeAfter } from '../../lib/domain/times.js';
import { sampleId, sampleImage, sampleTime } from '../support/mounts/sample-images.js';

const NOW = sampleTime(1000);
const LATER = sampleTime(2000);
const FACTS: DataFacts = { checksum: 'c', os_hash_algo: 'sha512', os_hash_value: 'h', virtual_size: 4 };
const END = { message: 'it died', now: LATER, due: timeAfter(LATER, 60_000) };
const landedAt = (location: string) => ({ location, size: 4, facts: FACTS });

/** An image with an import into two stores, and the ids of their blobs. */
function begun(
  request: Partial<ImportRequest> = {},
  from: Partial<Image> = { status: 'queued', size: null },
): [Image, string, string] {
  const input: ImportRequest = { method: 'web-download', ...request };
  const isCopy = input.method === 'copy-image';
  const blobs = ['one', 'two'].map((store) =>
    newBlob({
      store,
      purpose: isCopy ? 'copy' : 'data',
      onFailure: isCopy ? 'none' : 'queued',
      process: sampleId(9),
      owner: 'owner',
      reserved: 0,
      task: sampleId(7),
    }),
  );
  const task: ImportTask = {
    id: sampleId(7),
    status: 'pending',
    owner: 'owner',
    user: null,
    request: null,
    input,
    backend: ['one', 'two'],
    message: '',
    created_at: NOW,
    updated_at: NOW,
    expires_at: null,
  };
  const image = withImport(sampleImage(1, from), task, blobs);
  const [one, two] = blobs.map(({ id }) => id);
  return [image, one!, two!];
}

const states = ({ blobs }: Image): string[] => blobs.map(({ state }: BlobEntry) => state);
const marks = ({ properties }: Image): unknown[] =>
  ['task', 'importing_to_stores', 'failed_import'].map(
    (name) => properties[`os_glance_${name === 'task' ? 'import_task' : name}`],
  );

describe('an import into two stores', () => {
  it('makes the image active with the last one, in the order of the request', () => {
    const [image, one, two] = begun();
    assert.deepEqual([image.status, marks(image)], ['importing', [sampleId(7), 'one,two', '']]);
    const half = withLanded(image, two, landedAt('2'), LATER)!;
    assert.deepEqual([half.status, half.size, marks(half)], ['importing', 4, [sampleId(7), 'one', '']]);
    const whole = withLanded(half, one, landedAt('1'), LATER)!;
    assert.deepEqual([whole.status, whole.checksum, whole.virtual_size], ['active', 'c', 4]);
    assert.deepEqual(
      [whole.blobs.map(({ store }) => store), marks(whole)],
      [
        ['one', 'two'],
        [undefined, '', ''],
      ],
    );
    assert.ok(whole.blobs.every(({ task, facts }) => task === undefined && facts === undefined));
    assert.equal(whole.tasks?.[0]?.status, 'success');
    assert.equal(withLanded(whole, one, landedAt('1'), LATER), null);
  });

  it('makes it active with the first one when that will do', () => {
    const [image, one, two] = begun({ allStoresMustSucceed: false });
    const half = withLanded(image, two, landedAt('2'), LATER)!;
    assert.deepEqual([half.status, half.checksum, marks(half)], ['active', 'c', [sampleId(7), 'one', '']]);
    const whole = withMissed(half, one, END)!;
    assert.deepEqual([whole.status, states(whole)], ['active', ['doomed', 'kept']]);
    assert.deepEqual([whole.tasks?.[0]?.status, marks(whole)], ['success', [undefined, '', 'one']]);
  });

  it('gives up what it has when its process dies, unless that will do', () => {
    for (const allStoresMustSucceed of [true, false]) {
      const [image, , two] = begun({ allStoresMustSucceed });
      const half = withLanded(image, two, landedAt('2'), LATER)!;
      const dead = withImportGivenUp(half, sampleId(7), END)!;
      assert.ok(dead.blobs.every(({ process }) => process === null));
      assert.equal(runningTask(dead), undefined);
      assert.equal(withImportGivenUp(dead, sampleId(7), END), null);
      const [task] = dead.tasks ?? [];
      const seen = [dead.status, dead.size, states(dead).sort(), task?.status, marks(dead)];
      assert.deepEqual(
        seen,
        allStoresMustSucceed
          ? ['queued', null, ['doomed', 'doomed'], 'failure', [undefined, '', 'one,two']]
          : ['active', 4, ['doomed', 'kept'], 'success', [undefined, '', 'one']],
      );
    }
  });

  it('leaves an image that is copied as active as it was', () => {
    const [image, one] = begun({ method: 'copy-image' }, { status: 'active', size: 4, checksum: 'old' });
    assert.equal(image.status, 'active');
    const half = withLanded(image, one, landedAt('1'), LATER)!;
    for (const dead of [
      withImportGivenUp(half, sampleId(7), END)!,
      withMissed(half, image.blobs[1]!.id, END)!,
    ])
      assert.deepEqual(
        [dead.status, dead.size, dead.checksum, states(dead)],
        ['active', 4, 'old', ['doomed', 'doomed']],
      );
  });

  it('is told of for 48 hours, and forgotten then', () => {
    const [image, one] = begun();
    assert.equal(tasksOf(image, timeAfter(NOW, 1e12)).length, 1);
    const ended = withMissed(image, one, END)!;
    const hours = (count: number): string => timeAfter(LATER, count * 3_600_000);
    assert.equal(tasksOf(ended, hours(47)).length, 1);
    assert.equal(tasksOf(ended, hours(48)).length, 0);
    assert.equal(withoutOldTasks(ended, hours(47)), ended);
    assert.equal('tasks' in withoutOldTasks(ended, hours(49)), false);
  });
});
