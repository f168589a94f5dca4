import type { Image } from './image.js';
import type { ImportTask } from './import-task.js';
import { timeAfter, type Time } from './times.js';

/** Milliseconds for which a task is kept once it has ended. */
export const TASKS_KEPT = 48 * 3_600_000;
/** Most tasks of an image that are kept; the oldest go first. */
const MOST = 10;

/** The import that goes on; undefined when there is none. */
export function runningTask({ tasks = [] }: Pick<Image, 'tasks'>): ImportTask | undefined {
  return tasks.find(({ expires_at }) => expires_at === null);
}

/** The tasks that are not to be forgotten yet, the newest last. */
export function tasksOf({ tasks = [] }: Pick<Image, 'tasks'>, now: Time): readonly ImportTask[] {
  return tasks.filter(({ expires_at }) => expires_at === null || expires_at > now);
}

/** The record with one more task. */
export function withTask(image: Image, task: ImportTask): Image {
  return { ...image, tasks: [...tasksOf(image, task.created_at), task].slice(-MOST) };
}

/** The record with one of its tasks changed. */
export function withChangedTask(image: Image, id: string, changes: Partial<ImportTask>, now: Time): Image {
  const { tasks = [] } = image;
  return {
    ...image,
    tasks: tasks.map((task) => (task.id === id ? { ...task, ...changes, updated_at: now } : task)),
  };
}

/** The record with a task that has ended. */
export function withEndedTask(
  image: Image,
  id: string,
  { status, message }: Pick<ImportTask, 'status' | 'message'>,
  now: Time,
): Image {
  return withChangedTask(image, id, { status, message, expires_at: timeAfter(now, TASKS_KEPT) }, now);
}

/** The record of an image that is deleted: what goes on has failed. */
export function withTasksEnded(image: Image, now: Time): Image {
  const running = runningTask(image);
  if (running === undefined) return image;
  return withEndedTask(image, running.id, { status: 'failure', message: 'The image was deleted.' }, now);
}

/** When the first of the tasks is to be forgotten; null when there is none. */
export function firstExpiry({ tasks = [] }: Pick<Image, 'tasks'>): Time | null {
  return tasks.reduce<Time | null>(
    (first, { expires_at }) =>
      expires_at !== null && (first === null || expires_at < first) ? expires_at : first,
    null,
  );
}

/** The record without tasks that are kept beyond `latest`: those are kept as long as others from now on. */
export function withExpiriesNear(image: Image, latest: Time, now: Time): Image {
  const { tasks } = image;
  if (tasks === undefined) return image;
  const expires_at = timeAfter(now, TASKS_KEPT);
  return {
    ...image,
    tasks: tasks.map((task) => ((task.expires_at ?? '') > latest ? { ...task, expires_at } : task)),
  };
}

/** The record without the tasks that are to be forgotten. */
export function withoutOldTasks(image: Image, now: Time): Image {
  const { tasks = [], ...rest } = image;
  const left = tasksOf({ tasks }, now);
  if (left.length === tasks.length) return image;
  return left.length === 0 ? rest : { ...rest, tasks: left };
}
