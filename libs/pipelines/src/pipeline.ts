import type { Report, Spec } from '#contracts';
import type { Engine } from '#engine';
import type { RunContext } from './run-context.js';

/** What a pipeline gets; of `context.signal` it need not know why it is aborted. */
export interface PipelineRun<S extends Spec = Spec> {
  engine: Engine;
  spec: S;
  seed: number;
  context: RunContext;
  /** Model folder of the teacher, where the spec names one that somebody else had to find. */
  teacherFolder?: string;
  /** What relative paths in the spec are relative to. */
  baseFolder: string;
}

/** Trains, evaluates once on the test split, writes `model/…` and returns the report. */
export type Pipeline<S extends Spec = Spec> = (run: PipelineRun<S>) => Promise<Report>;
