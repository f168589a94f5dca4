/** A value, or a function that reads it and throws what is wrong with it: that is told last. */
export type Lazily<T> = T | (() => T);

/** What a function gave or threw, to be told later. */
export interface Outcome {
  readonly value?: unknown;
  readonly refusal?: unknown;
}

/** Reads what may be wrong, without telling yet. */
export function outcomeOf(lazily: unknown): Outcome {
  if (typeof lazily !== 'function') return { value: lazily };
  try {
    return { value: (lazily as () => unknown)() };
  } catch (refusal) {
    return { refusal };
  }
}

/** @throws what was wrong */
export function valueOf(outcome: Outcome): unknown {
  if (Object.hasOwn(outcome, 'refusal')) throw outcome.refusal;
  return outcome.value;
}
