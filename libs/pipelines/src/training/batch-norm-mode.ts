import type { TransferSpec } from '#contracts';
import type { ForwardMode } from '#models';

/** In smaller batches a mean and variance are too noisy to normalise with: the running statistics are used, and kept. */
const SMALLEST_BATCH = 32;

/** How batch normalisation works in a training step, as `backbone.batchNorm` has it. */
export function batchNormMode(
  asked: TransferSpec['backbone']['batchNorm'],
  { pretrained }: { pretrained: boolean },
  batchSize: number,
): Exclude<ForwardMode, 'inference'> {
  switch (asked) {
    case 'train':
      return 'train';
    case 'frozen':
    case 'adapt':
      return 'frozen';
    case 'auto':
      return pretrained && batchSize < SMALLEST_BATCH ? 'frozen' : 'train';
  }
}
