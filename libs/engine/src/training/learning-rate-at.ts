export interface LearningRateSchedule {
  kind: 'cosine' | 'constant';
  warmupEpochs: number;
}

/**
 * The factor of the base learning rate at a step: a linear warm-up from 1/w to 1 over the first w steps (Goyal et al.,
 * 2017), then constant, or half a cosine down to 0 at the end (Loshchilov & Hutter, 2017, without restarts).
 * @param step counted from 0 over the whole training
 * @returns 0 to 1; multiply by the learning rate
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
  if (schedule.kind === 'constant' || total <= warmup) return 1;
  const progress = Math.min(1, (step - warmup) / (total - warmup));
  return (1 + Math.cos(Math.PI * progress)) / 2;
}
