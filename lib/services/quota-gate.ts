import { Transform, type TransformCallback } from 'node:stream';

/** Lets data of unknown size through as far as there is room kept for it, and asks for more room before more comes. */
export class QuotaGate extends Transform {
  readonly #grow: (needed: number) => Promise<number>;
  #room: number;
  #passed = 0;

  /**
   * @param room bytes that may pass before `grow` is asked
   * @param grow gets the bytes needed in all, gives the bytes allowed in all; its rejection ends the stream
   */
  constructor(room: number, grow: (needed: number) => Promise<number>) {
    super();
    this.#room = room;
    this.#grow = grow;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#passed += chunk.length;
    if (this.#passed <= this.#room) {
      done(null, chunk);
      return;
    }
    this.#grow(this.#passed).then(
      (room) => {
        this.#room = room;
        done(null, chunk);
      },
      (error: unknown) => done(error instanceof Error ? error : new Error('no room', { cause: error })),
    );
  }
}
