import type { Spec } from '#contracts';
import { batchNormMode } from '../training/batch-norm-mode.js';

/** Below, the error of batch normalisation rises steeply (Wu & He, "Group Normalization", 2018, figure 1). */
const SMALLEST_BATCH = 16;

/**
 * In words, that a spec trains batch normalisation on batches too small to measure a mean and a variance with;
 * `undefined` where it does not. A network with pretrained weights uses its running statistics in small batches.
 */
export function tinyBatchNorm(spec: Spec): string | undefined {
  const { batchSize } = spec.training;
  if (batchSize >= SMALLEST_BATCH || !normalisesByBatch(spec)) return undefined;
  return (
    `training.batchSize ${batchSize} is small for batch normalisation: the mean and variance of fewer than ` +
    `${SMALLEST_BATCH} images are noise, and what is learnt with them may not hold with the running ones`
  );
}

function normalisesByBatch(spec: Spec): boolean {
  switch (spec.pipeline) {
    case 'logistic':
      return false;
    case 'distillation':
      return true;
    case 'transfer': {
      const { freeze, batchNorm, weights } = spec.backbone;
      const backbone = { pretrained: weights !== 'none' };
      return !freeze && batchNormMode(batchNorm, backbone, spec.training.batchSize) === 'train';
    }
  }
}
