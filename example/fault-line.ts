/** An error and what caused it, on one line, without the passwords of addresses in it. */
export function faultLine(error: unknown): string {
  return reasons(error)
    .join(': ')
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/\/\/[^/\s]*@/g, '//***@');
}

function reasons(error: unknown): string[] {
  if (!(error instanceof Error)) return [String(error)];
  // An AggregateError, as of a connection that was refused on every address of a host, has no message of its own.
  const inner: unknown[] = error instanceof AggregateError ? error.errors : [];
  const own = error.message === '' ? [] : [error.message];
  const causes = [...inner.slice(0, 1), ...(error.cause === undefined ? [] : [error.cause])];
  const below = causes.flatMap(reasons).filter((reason) => !own.some((message) => message.includes(reason)));
  return [...own, ...below];
}
