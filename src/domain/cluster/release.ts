/** Whether release `a` is older than `b`, by its numbers: a pre-release counts as its release. */
export function isOlder(a: string, b: string): boolean {
  const numbers = (v: string) => (v.split('-')[0] ?? '').split('.').map(Number);
  const [x, y] = [numbers(a), numbers(b)];
  for (let i = 0; i < 3; i++) {
    const difference = (x[i] ?? 0) - (y[i] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
