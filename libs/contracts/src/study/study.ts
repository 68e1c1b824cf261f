import { z } from 'zod';
import { RunStateSchema, type RunState } from '../run-state.js';
import type { Spec } from '../spec.js';
import { armLabel, armsNamed, armsOf, type Arm } from './arms.js';
import type { ClaimSpec } from './claim-spec.js';
import { estimateOverSeeds } from './crossed-interval.js';
import { judge, VERDICTS } from './judge.js';
import { estimateOf } from './study-estimate.js';
import { STUDY_METRIC_NAMES, STUDY_METRICS, type StudyReport } from './study-metrics.js';

const interval = z.tuple([z.number(), z.number()]).nullable();
const metric = z.enum(STUDY_METRIC_NAMES);

/** A mean over the seeds of an arm. */
const ArmResultSchema = z.object({
  metric,
  mean: z.number(),
  /** 95 %; null with one seed. */
  interval,
  seeds: z.int(),
  /** Test images that the interval takes in beside the seeds; 0 where it speaks of seeds alone. */
  images: z.int(),
});

/** `GET experiments/:id/study`: the arms of an experiment, and what became of its claims. */
export const StudySchema = z.object({
  experimentId: z.uuid(),
  name: z.string(),
  arms: z.array(
    z.object({
      label: z.string(),
      point: z.record(z.string(), z.unknown()),
      runs: z.array(z.object({ id: z.uuid(), seed: z.int(), state: RunStateSchema })),
      results: z.array(ArmResultSchema),
    }),
  ),
  claims: z.array(
    z.object({
      /** Labels of the two arms. */
      better: z.string(),
      than: z.string(),
      metric,
      /** Of `by`, `difference` and `interval`. */
      unit: z.enum(['percentage points', 'own']),
      by: z.number(),
      /** Mean over the seeds that both arms have, positive where `better` is better; null before there is one. */
      difference: z.number().nullable(),
      interval,
      seeds: z.int(),
      images: z.int(),
      verdict: z.enum(VERDICTS),
      moreSeeds: z.int().nullable(),
      words: z.string(),
    }),
  ),
});
export type Study = z.infer<typeof StudySchema>;

/** A run as a study sees it; its report where it has completed. */
export interface StudyRun {
  id: string;
  seed: number;
  point: Record<string, unknown>;
  state: RunState;
  report: StudyReport | null;
}

/** Sums up the runs of an experiment. Runs that have not completed are counted, and take no part in the numbers. */
export function summariseStudy(
  experiment: { id: string; name: string; spec: Pick<Spec, 'claims'> },
  runs: readonly StudyRun[],
): Study {
  const arms = armsOf(runs);
  return {
    experimentId: experiment.id,
    name: experiment.name,
    arms: arms.map((arm) => ({
      label: armLabel(arm.point),
      point: arm.point,
      runs: arm.runs.map(({ id, seed, state }) => ({ id, seed, state })),
      results: STUDY_METRIC_NAMES.flatMap((name) => {
        const found = estimateOf(
          reportsOf(arm).map(([, report]) => [report] as const),
          name,
        );
        if (found === undefined) return [];
        const { mean, interval, seeds, images } = found;
        return [{ metric: name, mean, interval, seeds, images }];
      }),
    })),
    claims: (experiment.spec.claims ?? []).map((claim) => judged(claim, arms)),
  };
}

function judged(claim: ClaimSpec, arms: readonly Arm<StudyRun>[]): Study['claims'][number] {
  const { metric, by } = claim;
  const [first] = armsNamed(arms, claim.better);
  const [second] = armsNamed(arms, claim.than);
  const { share, better } = STUDY_METRICS[metric];
  const seconds = new Map(reportsOf(second));
  const pairs = reportsOf(first).flatMap(([seed, report]) => {
    const other = seconds.get(seed);
    return other === undefined ? [] : [[report, other] as const];
  });
  const scale = (share ? 100 : 1) * (better === 'higher' ? 1 : -1);
  const found = estimateOf(pairs, metric, scale);
  return {
    better: armLabel(first.point),
    than: armLabel(second.point),
    metric,
    unit: share ? 'percentage points' : 'own',
    by,
    difference: found?.mean ?? null,
    interval: found?.interval ?? null,
    seeds: found?.seeds ?? 0,
    images: found?.images ?? 0,
    ...judge(found ?? estimateOverSeeds([]), by),
  };
}

/** By seed, ascending. */
function reportsOf({ runs }: Arm<StudyRun>): [number, StudyReport][] {
  return runs
    .flatMap(({ seed, report }): [number, StudyReport][] => (report === null ? [] : [[seed, report]]))
    .sort(([a], [b]) => a - b);
}
