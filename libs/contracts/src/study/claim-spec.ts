import { z } from 'zod';
import { STUDY_METRIC_NAMES } from './study-metrics.js';

/** Runs that differ in nothing but their seed: an arm's name, or the values of the fields that vary. */
const ArmReferenceSchema = z.union(
  [
    z.string().min(1).max(120),
    z.record(z.string(), z.unknown()).refine((point) => Object.keys(point).length > 0, { message: 'names no field' }),
  ],
  { error: 'needs the name of an arm, or the values of the fields that vary, such as { loss.temperature: 4 }' },
);

/** What an experiment sets out to show, said before it is run. */
export const ClaimSpecSchema = z.strictObject({
  better: ArmReferenceSchema,
  than: ArmReferenceSchema,
  /** A number of the runs' reports. */
  metric: z.enum(STUDY_METRIC_NAMES).default('test.top1'),
  /** By how much at least: percentage points where the metric is a share, else the metric's own unit. */
  by: z.number().min(-1e9).max(1e9).default(0),
});
export type ClaimSpec = z.output<typeof ClaimSpecSchema>;
