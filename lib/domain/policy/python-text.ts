/**
 * A value as Python prints it, which is what policy rules compare: `True`, `False`, `None`, numbers in digits.
 * @returns null for what has no such text: lists, objects, undefined
 */
export function pythonText(value: unknown): string | null {
  switch (typeof value) {
    case 'string':
      return value;
    case 'boolean':
      return value ? 'True' : 'False';
    case 'number':
    case 'bigint':
      return String(value);
    default:
      return value === null ? 'None' : null;
  }
}
