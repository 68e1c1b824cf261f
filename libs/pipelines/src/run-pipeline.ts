import type { PipelineName, Report, Spec } from '#contracts';
import type { Engine } from '#engine';
import { budgetFor } from './budget.js';
import { distillation } from './distillation.js';
import { tinyBatchNorm } from './guards/tiny-batch-norm.js';
import { logistic } from './logistic.js';
import { CacheUse } from './outputs/cache-use.js';
import type { Pipeline } from './pipeline.js';
import { recordRun } from './report/run-record.js';
import type { RunContext } from './run-context.js';
import { doubleDecay } from './training/double-decay.js';
import { timeLimit } from './training/time-limit.js';
import { transfer } from './transfer.js';

/** Every pipeline, by the name that a spec uses. */
export const PIPELINES: { [Name in PipelineName]: Pipeline<Extract<Spec, { pipeline: Name }>> } = {
  transfer,
  distillation,
  logistic,
};

export interface RunPipelineOptions {
  engine: Engine;
  /** Of one run: a matrix is already applied. */
  spec: Spec;
  seed: number;
  context: RunContext;
  /** Model folder of the teacher, for a teacher that is a run or a registry entry. */
  teacherFolder?: string;
  /** The same of an ensemble's members, in the spec's order. */
  ensembleFolders?: readonly (string | undefined)[];
  /** What relative paths in the spec are relative to. Default: the working folder. */
  baseFolder?: string;
}

/**
 * Runs a spec's pipeline: trains, evaluates once on the test split, and writes `model/…`, `report.json` and `report.html`.
 * @throws UserError where the spec, the images or the weights are at fault, or the time limit is reached
 * @throws OperationalError where the surroundings fail
 * @throws the abort signal's reason
 */
export async function runPipeline(options: RunPipelineOptions): Promise<Report> {
  const { engine, seed, teacherFolder, ensembleFolders, baseFolder = '.' } = options;
  const limit = timeLimit(options.spec.resources.maxMinutes);
  const signal = AbortSignal.any([options.context.signal, limit.signal]);
  const { record, ...heard } = recordRun(options.context);
  const context = { ...withSignal(options.context, signal), ...heard, cacheUse: new CacheUse() };
  try {
    signal.throwIfAborted();
    const { spec, reduced } = budgetFor(engine, options.spec);
    for (const warning of [reduced, doubleDecay(spec), tinyBatchNorm(spec)]) {
      if (warning !== undefined) context.log('warn', warning);
    }
    const pipeline = PIPELINES[spec.pipeline] as Pipeline;
    const report = await pipeline({ engine, spec, seed, context, record, teacherFolder, ensembleFolders, baseFolder });
    await context.writeArtifact('report', 'report.json', Buffer.from(`${JSON.stringify(report, null, 2)}\n`));
    return report;
  } catch (error) {
    // What an interrupted step complains of is not why the run ends.
    signal.throwIfAborted();
    throw error;
  } finally {
    limit.clear();
  }
}

function withSignal(context: RunContext, signal: AbortSignal): RunContext {
  return {
    signal,
    cacheFolder: context.cacheFolder,
    weightsMirror: context.weightsMirror,
    teacherOutputs: context.teacherOutputs,
    log: (level, message) => context.log(level, message),
    metrics: (step, values) => context.metrics(step, values),
    progress: (progress) => context.progress(progress),
    saveCheckpoint: (checkpoint) => context.saveCheckpoint(checkpoint),
    loadCheckpoint: () => context.loadCheckpoint(),
    writeArtifact: (kind, name, bytes) => context.writeArtifact(kind, name, bytes),
  };
}
