import type { RunDetail } from '#contracts';

export interface Difference {
  /** Dotted path of the spec's field. */
  path: string;
  /** One for each run, undefined where its spec has no such field. */
  values: unknown[];
}

/** The fields in which the specs differ. Seeds are set apart already, matrices have been applied. */
export function differences(runs: readonly Pick<RunDetail, 'spec'>[]): Difference[] {
  const flat = runs.map((run) => new Map(leaves(run.spec)));
  const paths = [...new Set(flat.flatMap((fields) => [...fields.keys()]))];
  return paths
    .map((path) => ({ path, values: flat.map((fields) => fields.get(path)) }))
    .filter(({ values }) => new Set(values.map((value) => JSON.stringify(value))).size > 1)
    .sort((a, b) => a.path.localeCompare(b.path));
}

function leaves(value: unknown, path: string[] = []): [string, unknown][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [[path.join('.'), value]];
  return Object.entries(value).flatMap(([key, child]) => leaves(child, [...path, key]));
}
