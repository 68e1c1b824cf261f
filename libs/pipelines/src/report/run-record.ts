import { divergingLossWatch } from '../guards/diverging-loss.js';
import { checkDivergence } from '../guards/negative-divergence.js';
import { stuckLossWatch } from '../guards/stuck-loss.js';
import type { RunContext } from '../run-context.js';

/** Warnings that a report repeats. */
const MOST_WARNINGS = 50;
/** A curve of more points than this is thinned out to half of them. */
const MOST_POINTS = 2000;

export interface CurvePoint {
  step: number;
  value: number;
}

/** What a run has said on its way, for its report: of this attempt, where there were several. */
export interface RunRecord {
  readonly warnings: readonly string[];
  /** By the metric's name. */
  readonly curves: ReadonlyMap<string, readonly CurvePoint[]>;
}

/**
 * The part of a context that hears what a run says: it writes down, watches the loss, and passes all of it on. `metrics`
 * throws a UserError where a training's loss is below zero.
 */
export function recordRun(context: Pick<RunContext, 'log' | 'metrics'>): Pick<RunContext, 'log' | 'metrics'> & {
  record: RunRecord;
} {
  const warnings: string[] = [];
  const curves = new Map<string, CurvePoint[]>();
  const log: RunContext['log'] = (level, message) => {
    if (level === 'warn' && warnings.length < MOST_WARNINGS && !warnings.includes(message)) warnings.push(message);
    context.log(level, message);
  };
  const watches = [stuckLossWatch, divergingLossWatch].map((watch) => watch((message) => log('warn', message)));
  const metrics: RunContext['metrics'] = (step, values) => {
    for (const [name, value] of Object.entries(values)) {
      const curve = curves.get(name) ?? [];
      curve.push({ step, value });
      curves.set(name, curve.length > MOST_POINTS ? curve.filter((_, i) => i % 2 === 0) : curve);
    }
    context.metrics(step, values);
    checkDivergence(values['train.loss'] ?? 0, `in the training's loss, before step ${step},`);
    for (const watch of watches) watch(step, values);
  };
  return { log, metrics, record: { warnings, curves } };
}
