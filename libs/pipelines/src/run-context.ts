import type { ArtifactKind, LogLevel, Progress } from '#contracts';
import type { StateDict } from '#models';
import type { OutputStore } from '#teacher-outputs';
import type { CacheUse } from './outputs/cache-use.js';

/**
 * Everything a pipeline may ask of the outside. A pipeline knows no cluster: with the null context it is a plain
 * function, in a trainer each call crosses IPC.
 */
export interface RunContext {
  /** Aborted when the run is cancelled or drained: the pipeline stops at its next step. */
  readonly signal: AbortSignal;
  log(level: LogLevel, message: string): void;
  /** `step`: optimizer steps over the whole run. Keys such as `train.loss`, `validation.top1`, `learningRate`. */
  metrics(step: number, values: Record<string, number>): void;
  progress(progress: Progress): void;
  /** Replaces the last checkpoint, atomically. */
  saveCheckpoint(checkpoint: Checkpoint): Promise<void>;
  /** The checkpoint to continue from, of this attempt or an earlier one. */
  loadCheckpoint(): Promise<Checkpoint | undefined>;
  /** Writes one file of the run's output, atomically, and announces it. */
  writeArtifact(kind: ArtifactKind, name: string, bytes: Uint8Array): Promise<void>;
  /** Folder for work that may be shared by runs of this machine. */
  readonly cacheFolder: string;
  /** Folder or URL that stands in for the places where pretrained weights are published. */
  readonly weightsMirror?: string;
  /** What networks have said of images before, in this run or another: logits and features that need no second look. */
  readonly teacherOutputs: OutputStore;
  /** Counts what was found there and what was not, for the run's report; a run that is made by `runPipeline` has one. */
  readonly cacheUse?: CacheUse;
}

/** All that a run needs to go on as if it had not stopped. */
export interface Checkpoint {
  /** Weights, statistics and optimizer slots, by name. */
  state: StateDict;
  /** Steps and epochs done, best validation so far, and what else the pipeline wants to find again. JSON. */
  position: Record<string, unknown>;
}
