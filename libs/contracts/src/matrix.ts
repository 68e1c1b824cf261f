import { SpecSchema, type Spec } from './spec.js';
import { issuesOf, type SpecIssue } from './spec-issues.js';

/** One run to be: the spec with its matrix point and seed applied. */
export interface RunPlan {
  seed: number;
  /** Dotted path → value, in the matrix's order. */
  point: Record<string, unknown>;
  /** `seeds` holds just this seed and `matrix` is empty. */
  spec: Spec;
}

export const MAX_RUNS_PER_EXPERIMENT = 1000;

/**
 * Expands `seeds` × `matrix` into runs. Every point is checked against the schema: an unknown path or a value of
 * the wrong type is an issue of the matrix entry that names it.
 */
export function expandRuns(spec: Spec): { plans: RunPlan[]; issues: SpecIssue[] } {
  const paths = Object.keys(spec.matrix);
  const count = paths.reduce((product, path) => product * spec.matrix[path].length, spec.seeds.length);
  if (count > MAX_RUNS_PER_EXPERIMENT) {
    const message = `expands to ${count} runs, more than the ${MAX_RUNS_PER_EXPERIMENT} of one experiment: submit fewer values`;
    return { plans: [], issues: [{ path: 'matrix', message }] };
  }
  const points = paths.reduce<Record<string, unknown>[]>(
    (grid, path) => grid.flatMap((point) => spec.matrix[path].map((value) => ({ ...point, [path]: value }))),
    [{}],
  );
  const issues = new Map<string, SpecIssue>();
  const plans: RunPlan[] = [];
  for (const point of points) {
    const candidate: Record<string, unknown> = { ...structuredClone(spec), matrix: {} };
    for (const [path, value] of Object.entries(point)) setPath(candidate, path, value);
    const parsed = SpecSchema.safeParse({ ...candidate, seeds: spec.seeds });
    if (!parsed.success) {
      for (const issue of issuesOf(parsed.error, candidate, SpecSchema)) {
        const found = issueOfEntry(issue, paths);
        issues.set(`${found.path} ${found.message}`, found);
      }
      continue;
    }
    for (const seed of spec.seeds) plans.push({ seed, point, spec: { ...parsed.data, seeds: [seed] } });
  }
  return issues.size > 0 ? { plans: [], issues: [...issues.values()] } : { plans, issues: [] };
}

/** A point's issue as one of the matrix entry that leads to it. */
function issueOfEntry(issue: SpecIssue, paths: readonly string[]): SpecIssue {
  const within = (path: string, parent: string) => path.startsWith(`${parent}.`);
  const entry = paths.find((key) => issue.path === key || within(issue.path, key) || within(key, issue.path));
  if (entry !== undefined) return { path: `matrix.${entry}`, message: `${issue.path}: ${issue.message}` };
  // Another kind of optimizer has other fields than the one whose defaults are there already.
  const kind = paths.find((key) => key.endsWith('.kind') && within(issue.path, key.slice(0, -'.kind'.length)));
  if (kind === undefined) return { path: `matrix.${paths[0]}`, message: `${issue.path}: ${issue.message}` };
  const whole = kind.slice(0, -'.kind'.length);
  return {
    path: `matrix.${kind}`,
    message: `${issue.path} is no field of every kind; give each one as a whole: "${whole}": [{ kind: … }, { kind: … }]`,
  };
}

/** Sets the field that a dotted path names, with the objects on the way; no path reaches a prototype. */
export function setPath(target: Record<string, unknown>, path: string, value: unknown): void {
  const keys = path.split('.');
  let node = target;
  for (const key of keys.slice(0, -1)) {
    const next = Object.hasOwn(node, key) ? node[key] : undefined;
    const child =
      typeof next === 'object' && next !== null && !Array.isArray(next) ? (next as Record<string, unknown>) : {};
    Object.defineProperty(node, key, { value: child, enumerable: true, configurable: true, writable: true });
    node = child;
  }
  Object.defineProperty(node, keys[keys.length - 1], { value, enumerable: true, configurable: true, writable: true });
}
