/**
 * A request without its values: method, path, the names in its query, and what its body is made of, such as
 * `POST /api/v0/ops/node/snapshots {"snapshot_name":string}`.
 */
export function requestShape(method: string, target: string, body: string): string {
  const url = new URL(target, 'http://node');
  const names = [...new Set(url.searchParams.keys())].toSorted();
  const query = names.length === 0 ? '' : `?${names.join('&')}`;
  return `${method} ${url.pathname}${query} ${bodyShape(body)}`.trim();
}

function bodyShape(body: string): string {
  if (body.trim() === '') return '';
  try {
    return shapeOf(JSON.parse(body));
  } catch {
    return 'text';
  }
}

function shapeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return `[${[...new Set(value.map(shapeOf))].toSorted().join('|')}]`;
  if (typeof value !== 'object') return typeof value;
  const fields = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([name, inner]) => `${JSON.stringify(name)}:${shapeOf(inner)}`).join(',')}}`;
}
