/**
 * The path of a listing that begins behind another image, or at the beginning; all other parameters stay as they were given. Paths begin with
 * `/v2/` wherever the registry is mounted: clients join them to the endpoint that they know.
 */
export function linkTo(path: string, given: URLSearchParams, marker: string | null): string {
  const parameters = new URLSearchParams(given);
  parameters.delete('marker');
  if (marker !== null) parameters.append('marker', marker);
  const query = parameters.toString();
  return query === '' ? path : `${path}?${query}`;
}
