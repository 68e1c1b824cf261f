import type { Comparison } from '#contracts';

/** The dotted paths at which specs differ, each with every spec's value there; a missing value is null. */
export function differences(specs: readonly unknown[]): Comparison['differences'] {
  const flattened = specs.map((spec) => new Map(leaves(spec, '')));
  const paths = new Set(flattened.flatMap((leaf) => [...leaf.keys()]));
  return [...paths].flatMap((path) => {
    const values = flattened.map((leaf) => leaf.get(path) ?? null);
    return new Set(values.map((value) => JSON.stringify(value))).size > 1 ? [{ path, values }] : [];
  });
}

/** Lists are values: where two lists differ, the whole lists are what a person wants to see. */
function leaves(value: unknown, path: string): [string, unknown][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [[path, value]];
  return Object.entries(value).flatMap(([key, child]) => leaves(child, path === '' ? key : `${path}.${key}`));
}
