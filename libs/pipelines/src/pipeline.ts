import type { Report, Spec } from '#contracts';
import type { Engine } from '#engine';
import type { RunRecord } from './report/run-record.js';
import type { RunContext } from './run-context.js';

/** What a pipeline gets; of `context.signal` it need not know why it is aborted. */
export interface PipelineRun<S extends Spec = Spec> {
  engine: Engine;
  spec: S;
  seed: number;
  context: RunContext;
  /** What the run has said so far, for its report. */
  record: RunRecord;
  /** Model folder of the teacher, where the spec names one that somebody else had to find. */
  teacherFolder?: string;
  /** The same of an ensemble's members, in the spec's order. */
  ensembleFolders?: readonly (string | undefined)[];
  /** What relative paths in the spec are relative to. */
  baseFolder: string;
}

/** Trains, evaluates once on the test split, writes `model/…` and returns the report. */
export type Pipeline<S extends Spec = Spec> = (run: PipelineRun<S>) => Promise<Report>;
