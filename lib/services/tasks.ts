import type { TaskBook } from '../catalogue/task-book.js';
import type { Image } from '../domain/image.js';
import { tasksOf } from '../domain/image-tasks.js';
import type { ImportTask } from '../domain/import-task.js';
import { RegistryError } from '../errors.js';
import type { Limits, Parts } from './parts.js';

/** A task with the image that it works on. */
export interface ImageTask extends ImportTask {
  /** Id of the image. */
  readonly image: string;
}

/** Which tasks are wanted. */
export interface TaskRequest {
  readonly status?: ImportTask['status'] | undefined;
  /** Project id. */
  readonly owner?: string | undefined;
  readonly sortKey: 'id' | 'status' | 'type' | 'expires_at' | 'created_at' | 'updated_at';
  readonly sortDir: 'asc' | 'desc';
  /** Most of them. Default: as many as a page of images has. */
  readonly limit?: number | undefined;
  /** Id of the task to begin behind. */
  readonly marker?: string | undefined;
}

/** Tasks in their order. */
export interface TaskPage {
  readonly tasks: readonly ImageTask[];
  /** Id of the last one when the page is full. */
  readonly next: string | null;
}

/** Most tasks that are looked at. */
const LOOKED_AT = 10_000;

/** The tasks of all images, for those whom the policy allows to see them. */
export class Tasks {
  readonly #book: TaskBook;
  readonly #clock: Parts['clock'];
  readonly #limits: Pick<Limits, 'limitDefault' | 'limitMax'>;

  constructor(book: TaskBook, { clock, limits }: Pick<Parts, 'clock' | 'limits'>) {
    this.#book = book;
    this.#clock = clock;
    this.#limits = limits;
  }

  /**
   * One task.
   * @throws RegistryError `not_found`, `unavailable`
   */
  async show(id: string): Promise<ImageTask> {
    const image = await this.#book.imageOf(id.toLowerCase());
    const task = image === undefined ? undefined : this.#of(image).find((one) => one.id === id.toLowerCase());
    if (task === undefined) throw new RegistryError('not_found', 'There is no such task.');
    return task;
  }

  /**
   * A page of them, in order.
   * @throws RegistryError `bad_request` for a marker that is none, `unavailable`
   */
  async page({ status, owner, sortKey, sortDir, limit, marker }: TaskRequest): Promise<TaskPage> {
    const { limitDefault, limitMax } = this.#limits;
    const most = Math.min(limit ?? limitDefault, limitMax);
    const images = new Map((await this.#book.images(LOOKED_AT)).map((image) => [image.id, image]));
    const all = [...images.values()].flatMap((image) => this.#of(image));
    const sign = sortDir === 'asc' ? 1 : -1;
    const sorted = all.sort(
      (a, b) => sign * (compare(keyOf(a, sortKey), keyOf(b, sortKey)) || compare(a.id, b.id)),
    );
    const at = marker === undefined ? -1 : sorted.findIndex(({ id }) => id === marker);
    if (marker !== undefined && at === -1)
      throw new RegistryError('bad_request', 'There is no task with the id of the marker.');
    const tasks = sorted
      .slice(at + 1)
      .filter(
        (task) =>
          (status === undefined || task.status === status) && (owner === undefined || task.owner === owner),
      )
      .slice(0, most);
    return { tasks, next: tasks.length === most ? (tasks.at(-1)?.id ?? null) : null };
  }

  #of(image: Image): ImageTask[] {
    return tasksOf(image, this.#clock.now()).map((task) => ({ ...task, image: image.id }));
  }
}

function keyOf(task: ImageTask, key: TaskRequest['sortKey']): string {
  // There is one type.
  return key === 'type' ? '' : (task[key] ?? '');
}

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}
