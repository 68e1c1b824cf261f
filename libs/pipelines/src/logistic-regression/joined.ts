/** The numbers of one array and then those of the other. */
export function joined<T extends Float32Array | Int32Array>(kind: { new (length: number): T }, first: T, second: T): T {
  const all = new kind(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}
