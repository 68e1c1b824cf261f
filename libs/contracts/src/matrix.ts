import { ladderArms } from './ladder.js';
import { drawPoints } from './random.js';
import { SpecSchema, type Spec } from './spec.js';
import { issuesOf, type SpecIssue } from './spec-issues.js';
import { claimIssues } from './study/arms.js';
import { teacherIssues } from './teacher-issues.js';

/** One run to be: the spec with its matrix point and seed applied. */
export interface RunPlan {
  seed: number;
  /** Dotted path → value: `arm` in a ladder, those of the matrix in its order, then those that were drawn. */
  point: Record<string, unknown>;
  /** `seeds` holds just this seed, `matrix` is empty, and there are no `random`, `arms` and `claims`. */
  spec: Spec;
  /** The runs of other arms, of the same point and seed, whose models teach this one. */
  teachers: TeachingPlan[];
}

export interface TeachingPlan {
  plan: RunPlan;
  /** Its place among the teachers of the spec, from 0. */
  member: number;
}

export const MAX_RUNS_PER_EXPERIMENT = 1000;

/**
 * Expands arms × `matrix` × `random` × `seeds` into runs, always in the same way. Every point is checked against the
 * schema: an unknown path or a value of the wrong type is an issue of the entry that names it. A run comes after those
 * that teach it.
 */
export function expandRuns(spec: Spec): { plans: RunPlan[]; issues: SpecIssue[] } {
  const { arms, issues: ofArms } = ladderArms(spec);
  if (ofArms.length > 0) return { plans: [], issues: ofArms };
  const { points, entries, issues: refused } = pointsOf(spec, arms.length);
  if (refused.length > 0) return { plans: [], issues: refused };
  const issues = new Map<string, SpecIssue>();
  const plans = new Map<string, RunPlan>();
  for (const { name, teachers, spec: common } of arms) {
    for (const [index, point] of points.entries()) {
      const candidate: Record<string, unknown> = { ...structuredClone(common), matrix: {} };
      for (const [path, value] of Object.entries(point)) setPath(candidate, path, value);
      const parsed = SpecSchema.safeParse({ ...candidate, seeds: spec.seeds });
      if (!parsed.success) {
        for (const issue of issuesOf(parsed.error, candidate, SpecSchema)) {
          const found = issueOfEntry(issue, entries);
          issues.set(`${found.path} ${found.message}`, found);
        }
        continue;
      }
      for (const issue of teacherIssues(parsed.data)) {
        const found = asWritten(issue, entries, name);
        issues.set(`${found.path} ${found.message}`, found);
      }
      for (const seed of spec.seeds) {
        const taughtBy = teachers.flatMap(({ arm, member }) => {
          // One that is not there is an issue of its own.
          const plan = plans.get(`${arm} ${index} ${seed}`);
          return plan === undefined ? [] : [{ plan, member }];
        });
        plans.set(`${name} ${index} ${seed}`, {
          seed,
          point: name === undefined ? point : { arm: name, ...point },
          spec: { ...parsed.data, seeds: [seed] },
          teachers: taughtBy,
        });
      }
    }
  }
  const all = [...plans.values()];
  const found = issues.size > 0 ? [...issues.values()] : claimIssues(spec.claims ?? [], all);
  return found.length > 0 ? { plans: [], issues: found } : { plans: all, issues: [] };
}

/** Fields that an experiment has, and that none of its runs can have of its own. */
const OF_EXPERIMENTS: readonly string[] = ['seeds', 'matrix', 'random', 'claims', 'arms'];

/** A field that varies. */
interface Entry {
  /** Dotted path of the spec's field. */
  key: string;
  /** Dotted path of what says its values. */
  path: string;
}

/** The points of the grid, each with every point that is drawn. */
function pointsOf(
  { matrix, random, seeds }: Spec,
  arms: number,
): {
  points: Record<string, unknown>[];
  entries: Entry[];
  issues: SpecIssue[];
} {
  const ofMatrix = Object.keys(matrix).map((key) => ({ key, path: `matrix.${key}` }));
  const drawnFields = Object.keys(random?.fields ?? {}).map((key) => ({ key, path: `random.fields.${key}` }));
  const entries = [...ofMatrix, ...drawnFields];
  const twice = drawnFields.find(({ key }) => Object.hasOwn(matrix, key));
  if (twice !== undefined) {
    const message = 'is in the matrix too: name it in one of the two';
    return { points: [], entries, issues: [{ path: twice.path, message }] };
  }
  const foreign = entries.find(({ key }) => OF_EXPERIMENTS.includes(key.split('.')[0]));
  if (foreign !== undefined) {
    const message = 'says which runs there are, and is no field of a run';
    return { points: [], entries, issues: [{ path: foreign.path, message }] };
  }
  const grid = Object.values(matrix).reduce((product, values) => product * values.length, 1);
  const count = arms * grid * (random?.runs ?? 1) * new Set(seeds).size;
  if (count > MAX_RUNS_PER_EXPERIMENT) {
    const message = `expands to ${count} runs, more than the ${MAX_RUNS_PER_EXPERIMENT} of one experiment: submit fewer values`;
    return { points: [], entries, issues: [{ path: random === undefined ? 'matrix' : 'random.runs', message }] };
  }
  const gridPoints = Object.entries(matrix).reduce<Record<string, unknown>[]>(
    (points, [path, values]) => points.flatMap((point) => values.map((value) => ({ ...point, [path]: value }))),
    [{}],
  );
  const drawn = random === undefined ? [{}] : drawPoints(random);
  return { points: gridPoints.flatMap((point) => drawn.map((each) => ({ ...point, ...each }))), entries, issues: [] };
}

/** A point's issue as one of the entry that leads to it. */
function issueOfEntry(issue: SpecIssue, entries: readonly Entry[]): SpecIssue {
  const within = (path: string, parent: string) => path.startsWith(`${parent}.`);
  const leads = ({ key }: Entry) => issue.path === key || within(issue.path, key) || within(key, issue.path);
  const entry = entries.find(leads);
  if (entry !== undefined) return { path: entry.path, message: `${issue.path}: ${issue.message}` };
  // Another kind of optimizer has other fields than the one whose defaults are there already.
  const kind = entries.find(({ key }) => key.endsWith('.kind') && within(issue.path, key.slice(0, -'.kind'.length)));
  if (kind === undefined) return { path: entries[0]?.path ?? issue.path, message: `${issue.path}: ${issue.message}` };
  const whole = kind.key.slice(0, -'.kind'.length);
  return {
    path: kind.path,
    message: `${issue.path} is no field of every kind; give each one as a whole: "${whole}": [{ kind: … }, { kind: … }]`,
  };
}

/** An issue of a run's own field as one of what says the field: an entry of the matrix, or an arm. */
function asWritten(issue: SpecIssue, entries: readonly Entry[], arm: string | undefined): SpecIssue {
  const entry = entries.find(({ key }) => issue.path === key || issue.path.startsWith(`${key}.`));
  if (entry !== undefined) return { path: entry.path, message: `${issue.path}: ${issue.message}` };
  return arm === undefined ? issue : { ...issue, path: `arms.${arm}.${issue.path}` };
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
