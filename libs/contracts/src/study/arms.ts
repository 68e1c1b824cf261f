import type { SpecIssue } from '../spec-issues.js';
import type { ClaimSpec } from './claim-spec.js';

/** Runs that differ in their seed alone. */
export interface Arm<Run> {
  point: Record<string, unknown>;
  runs: Run[];
}

/** The arms of an experiment, in the order of their first runs. */
export function armsOf<Run extends { point: Record<string, unknown> }>(runs: readonly Run[]): Arm<Run>[] {
  const arms = new Map<string, Arm<Run>>();
  for (const run of runs) {
    const key = canonical(run.point);
    const arm = arms.get(key) ?? { point: run.point, runs: [] };
    arm.runs.push(run);
    arms.set(key, arm);
  }
  return [...arms.values()];
}

/** What tells an arm from the others, in a line: the ladder's name for it, and the fields that vary. */
export function armLabel(point: Record<string, unknown>): string {
  const parts = Object.entries(point).map(([path, value]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return path === 'arm' ? text : `${path} = ${text}`;
  });
  return parts.length === 0 ? 'all runs' : parts.join(', ');
}

/** The arms that have every value that a claim names: one, where the claim is a good one. */
export function armsNamed<Run>(arms: readonly Arm<Run>[], reference: ClaimSpec['better']): Arm<Run>[] {
  const wanted = typeof reference === 'string' ? { arm: reference } : reference;
  return arms.filter(({ point }) =>
    Object.entries(wanted).every(
      ([path, value]) => Object.hasOwn(point, path) && canonical(point[path]) === canonical(value),
    ),
  );
}

/** What is wrong with an experiment's claims: each side must name one arm, and not the same. */
export function claimIssues(
  claims: readonly ClaimSpec[],
  runs: readonly { point: Record<string, unknown> }[],
): SpecIssue[] {
  const arms = armsOf(runs);
  const some = arms.slice(0, 8).map(({ point }) => armLabel(point));
  const list = `${some.join('; ')}${arms.length > some.length ? `; and ${arms.length - some.length} more` : ''}`;
  return claims.flatMap((claim, index) => {
    const sides = (['better', 'than'] as const).map((side) => ({ side, found: armsNamed(arms, claim[side]) }));
    const issues = sides.flatMap(({ side, found }) => {
      if (found.length === 1) return [];
      const message =
        found.length === 0
          ? `names no runs of this experiment; it has ${list}`
          : `names ${found.length} kinds of runs: give the value of every field that varies`;
      return [{ path: `claims.${index}.${side}`, message }];
    });
    if (issues.length > 0 || sides[0].found[0] !== sides[1].found[0]) return issues;
    return [{ path: `claims.${index}.than`, message: 'names the same runs as "better"' }];
  });
}

/** Text that is the same for values that are: the order of an object's keys, which no database need keep, is no part of it. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
}
