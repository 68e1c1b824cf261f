import { DistillationSpecSchema, LogisticSpecSchema, SpecSchema, TransferSpecSchema, type Spec } from './spec.js';
import { issuesOf, nearest, type SpecIssue } from './spec-issues.js';
import { teachersOf } from './teachers-of.js';

type Fields = Record<string, unknown>;

/** What an experiment has once, whatever its arms are. */
const OF_EXPERIMENTS = ['name', 'project', 'seeds', 'matrix', 'random', 'claims'];

const MAX_ARMS = 100;

const FIELDS_OF_PIPELINES = {
  transfer: Object.keys(TransferSpecSchema.shape),
  distillation: Object.keys(DistillationSpecSchema.shape),
  logistic: Object.keys(LogisticSpecSchema.shape),
};
const FIELDS_OF_ALL = new Set(Object.values(FIELDS_OF_PIPELINES).flat());

/**
 * Turns the `ladder` that a person writes, arms which change the fields beside it, into `arms` that say everything
 * themselves, and the spec into that of the first arm beside them. A spec without a ladder comes back as it is.
 *
 * An arm's objects are merged with those of the same name beside the ladder, except that a `teacher`, and an object of
 * another `kind`, replace the whole. Fields beside the ladder that only another pipeline has do not concern an arm.
 */
export function resolveLadder(input: Fields): { resolved: Fields; issues: SpecIssue[] } {
  if (!Object.hasOwn(input, 'ladder')) return { resolved: input, issues: [] };
  const { ladder, arms: written, ...common } = input;
  const refuse = (path: string, message: string) => ({ resolved: input, issues: [{ path, message }] });
  if (written !== undefined) return refuse('arms', 'is what a ladder is turned into: write one of the two');
  if (!isObject(ladder) || Object.keys(ladder).length === 0) {
    return refuse('ladder', 'needs an arm: its name, and the fields that it changes');
  }
  const ofExperiment = Object.fromEntries(OF_EXPERIMENTS.flatMap((key) => (key in common ? [[key, common[key]]] : [])));
  const arms: Fields = {};
  for (const [name, changes] of Object.entries(ladder)) {
    if (!isObject(changes))
      return refuse(`ladder.${name}`, 'needs the fields that this arm changes, such as "pipeline"');
    const shared = OF_EXPERIMENTS.find((key) => key in changes);
    if (shared !== undefined)
      return refuse(`ladder.${name}.${shared}`, 'is the same for all arms: write it beside "ladder"');
    const pipeline = (changes.pipeline ?? common.pipeline) as keyof typeof FIELDS_OF_PIPELINES;
    const own: readonly string[] | undefined = FIELDS_OF_PIPELINES[pipeline];
    const base = Object.entries(common).filter(
      ([key]) => !(key in ofExperiment) && (own === undefined || own.includes(key) || !FIELDS_OF_ALL.has(key)),
    );
    arms[name] = merged(Object.fromEntries(base), changes);
  }
  const [first] = Object.values(arms) as Fields[];
  return { resolved: { ...ofExperiment, ...first, arms }, issues: [] };
}

/** An arm of an experiment: what each of its runs has but for the point and the seed. */
export interface LadderArm {
  /** `undefined` where the experiment has no arms: it is one. */
  name: string | undefined;
  /** Other arms, whose models teach this one. */
  teachers: TeachingArm[];
  spec: Spec;
}

export interface TeachingArm {
  arm: string;
  /** Its place among the teachers of the arm that it teaches, from 0. */
  member: number;
  /** The spec's field that names it: `teacher.arm`, or of an ensemble `teacher.0.arm`. */
  field: string;
}

/** The arms of an experiment, each after those that teach it, or what is wrong with them. */
export function ladderArms(spec: Spec): { arms: LadderArm[]; issues: SpecIssue[] } {
  const { arms: written, random: _random, claims: _claims, ...base } = spec;
  if (written === undefined) {
    const message = 'names an arm, and this spec has no ladder';
    const issues = teachingArms(base).map(({ field }) => ({ path: field, message }));
    return { arms: issues.length > 0 ? [] : [{ name: undefined, teachers: [], spec: base }], issues };
  }
  const count = Object.keys(written).length;
  if (count > MAX_ARMS) {
    const message = `has ${count} arms, more than the ${MAX_ARMS} of one ladder: submit fewer, or vary fields by "matrix"`;
    return { arms: [], issues: [{ path: 'arms', message }] };
  }
  const arms = new Map<string, LadderArm>();
  const issues: SpecIssue[] = [];
  const { name: experiment, project, seeds, matrix } = base;
  for (const [name, fields] of Object.entries(written)) {
    const complete = { ...fields, name: experiment, project, seeds, matrix };
    const parsed = SpecSchema.safeParse(complete);
    if (parsed.success) arms.set(name, { name, teachers: teachingArms(parsed.data), spec: parsed.data });
    else
      for (const { path, message } of issuesOf(parsed.error, complete, SpecSchema))
        issues.push({ path: `arms.${name}.${path}`, message });
  }
  if (issues.length > 0) return { arms: [], issues };
  for (const { name, teachers, spec: arm } of arms.values()) {
    for (const { arm: teacher, field } of teachers.filter((each) => !arms.has(each.arm))) {
      const hint = nearest(teacher, [...arms.keys()]);
      const message = `there is no arm "${teacher}"${hint === undefined ? '' : `; did you mean "${hint}"?`}`;
      issues.push({ path: `arms.${name}.${field}`, message });
    }
    if (splitOf(arm) !== splitOf(base)) {
      const message =
        'is another split than that of the first arm: arms are compared on the same images, and may differ in "unlabelled" alone';
      issues.push({ path: `arms.${name}.dataset`, message });
    }
  }
  return issues.length > 0 ? { arms: [], issues } : inOrder(arms);
}

/** Teachers first. */
function inOrder(arms: ReadonlyMap<string, LadderArm>): { arms: LadderArm[]; issues: SpecIssue[] } {
  const ordered = new Set<LadderArm>();
  const issues: SpecIssue[] = [];
  const place = (arm: LadderArm, students: readonly LadderArm[]) => {
    if (ordered.has(arm)) return;
    for (const { arm: name, field } of arm.teachers) {
      const teacher = arms.get(name)!;
      const chain = [...students, arm];
      if (!chain.includes(teacher)) place(teacher, chain);
      else if (issues.length === 0) {
        const circle = [...chain.slice(chain.indexOf(teacher)), teacher].map((each) => each.name);
        const message = `goes round in a circle: ${circle.join(' learns from ')}`;
        issues.push({ path: `arms.${arm.name}.${field}`, message });
      }
    }
    ordered.add(arm);
  };
  for (const arm of arms.values()) place(arm, []);
  return issues.length > 0 ? { arms: [], issues } : { arms: [...ordered], issues: [] };
}

function teachingArms(spec: Spec): TeachingArm[] {
  return teachersOf(spec).flatMap(({ teacher, field }, member) =>
    'arm' in teacher ? [{ arm: teacher.arm, member, field: `${field}.arm` }] : [],
  );
}

/** What decides which images are tested on, and which ones have labels. */
function splitOf({ dataset: { unlabelled: _unlabelled, ...split } }: Spec): string {
  return JSON.stringify(Object.entries(split).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function merged(base: Fields, changes: Fields): Fields {
  const result = { ...base };
  for (const [key, value] of Object.entries(changes)) {
    const before = Object.hasOwn(base, key) ? base[key] : undefined;
    const whole = key === 'teacher' || !isObject(before) || !isObject(value) || otherKind(before, value);
    Object.defineProperty(result, key, {
      value: whole ? value : merged(before, value),
      ...{ enumerable: true, configurable: true, writable: true },
    });
  }
  return result;
}

function otherKind(before: Fields, after: Fields): boolean {
  return after.kind !== undefined && after.kind !== before.kind;
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
