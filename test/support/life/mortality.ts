/** At which call of its storage a process ends itself. */
export interface DeathPoint {
  readonly call: 'commit' | 'mark' | 'write' | 'remove' | 'discard';
  /** 1: the first one since it was armed. */
  readonly nth: number;
  readonly moment: 'before' | 'after';
}

/** Ends this process, as a power cut does, at a call of what it has wrapped. */
export class Mortality {
  readonly #point: DeathPoint | undefined;
  #armed = false;
  #count = 0;

  constructor(point: DeathPoint | undefined) {
    this.#point = point;
  }

  /** Begins to count. */
  arm(): void {
    this.#armed = true;
  }

  /** The same object, at whose calls the process may die. */
  wrap<T extends object>(target: T): T {
    const point = this.#point;
    // What a store cannot do it does not seem to be able to do.
    if (point === undefined || typeof Reflect.get(target, point.call) !== 'function') return target;
    return new Proxy(target, {
      get: (inner, name) => {
        const member: unknown = Reflect.get(inner, name, inner);
        if (typeof member !== 'function') return member;
        if (name !== point.call) return member.bind(inner) as unknown;
        return async (...args: unknown[]): Promise<unknown> => {
          if (this.#armed) this.#count += 1;
          const nth = this.#count;
          this.#die(point, nth, 'before');
          const result: unknown = await Reflect.apply(member, inner, args);
          this.#die(point, nth, 'after');
          return result;
        };
      },
    });
  }

  #die(point: DeathPoint, nth: number, moment: DeathPoint['moment']): void {
    if (this.#armed && nth === point.nth && moment === point.moment) process.kill(process.pid, 'SIGKILL');
  }
}
