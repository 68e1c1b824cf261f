import { createHash } from 'node:crypto';
import type { ImageSpec, Spec } from '#contracts';
import type { Dataset } from '#datasets';
import type { Engine } from '#engine';
import { preparationOf } from './classifier/preparation.js';
import type { Checkpoint, RunContext } from './run-context.js';

/** Hash of all that decides what a run computes: a checkpoint of the same identity can be continued. */
export function runIdentity(
  engine: Engine,
  spec: Spec,
  seed: number,
  dataset: Pick<Dataset, 'contentHash'>,
  teacher?: { fingerprint: string },
): string {
  const { name: _name, project: _project, resources: _resources, report: _report, ...rest } = spec;
  const { seeds: _seeds, matrix: _matrix, ...decisive } = rest;
  const parts = [decisive, seed, dataset.contentHash, teacher?.fingerprint, engine.backend];
  // What is left out counts as what it stands for, also of a teacher that is described in place.
  const complete = (key: string, part: unknown) => (key === 'image' ? preparationOf(part as ImageSpec) : part);
  return createHash('sha256').update(JSON.stringify(parts, complete)).digest('hex');
}

/** The checkpoint to continue from; one that is of other work (the images have changed, say) is left with a warning. */
export async function checkpointOf(context: RunContext, identity: string): Promise<Checkpoint | undefined> {
  const checkpoint = await context.loadCheckpoint();
  if (checkpoint === undefined || checkpoint.position.identity === identity) return checkpoint;
  context.log('warn', 'The checkpoint is of another spec, other images or another engine: the run starts anew');
  return undefined;
}

/** Milliseconds that a run has taken, counting what its checkpoint says of earlier attempts. */
export function elapsedSince(checkpoint: Checkpoint | undefined, began: number): () => number {
  const before = typeof checkpoint?.position.elapsedMs === 'number' ? checkpoint.position.elapsedMs : 0;
  return () => before + performance.now() - began;
}
