export type LearningRateSchedule =
  | { kind: 'cosine' | 'constant' | 'linear'; warmupEpochs: number }
  | {
      kind: 'step';
      warmupEpochs: number;
      /** Epochs, counted from the start of the training, after which the rate is multiplied by gamma. */
      milestones: readonly number[];
      gamma: number;
    };

/**
 * The factor of the base learning rate at a step: a linear warm-up from 1/w to 1 over the first w steps (Goyal et al.,
 * 2017), and then
 * - `constant`: 1;
 * - `cosine`: half a cosine down to 0 at the end (Loshchilov & Hutter, 2017, without restarts);
 * - `linear`: a straight line down to 0 at the end, PyTorch's `LinearLR(start_factor=1, end_factor=0)`;
 * - `step`: gammaᵏ once k milestones have passed, PyTorch's `MultiStepLR`.
 * @param step counted from 0 over the whole training
 * @returns 0 to 1 (for a gamma of at most 1); multiply by the learning rate
 */
export function learningRateAt(
  schedule: LearningRateSchedule,
  step: number,
  stepsPerEpoch: number,
  epochs: number,
): number {
  const total = stepsPerEpoch * epochs;
  const warmup = Math.min(total, Math.round(schedule.warmupEpochs * stepsPerEpoch));
  if (step < warmup) return (step + 1) / warmup;
  if (schedule.kind === 'step') {
    const passed = schedule.milestones.filter((epoch) => step >= Math.round(epoch * stepsPerEpoch));
    return schedule.gamma ** passed.length;
  }
  if (schedule.kind === 'constant' || total <= warmup) return 1;
  const progress = Math.min(1, (step - warmup) / (total - warmup));
  return schedule.kind === 'linear' ? 1 - progress : (1 + Math.cos(Math.PI * progress)) / 2;
}
