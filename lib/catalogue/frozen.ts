/** The same, and all that it is made of, not to be changed any more. */
export function frozen<T extends object>(value: T): T {
  for (const part of Object.values(value))
    if (typeof part === 'object' && part !== null) frozen(part as object);
  return Object.freeze(value);
}
