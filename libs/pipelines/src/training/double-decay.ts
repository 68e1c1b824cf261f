import type { Spec } from '#contracts';

/** In words, that a spec shrinks the weights twice; `undefined` where it does not. */
export function doubleDecay(spec: Spec): string | undefined {
  if (spec.pipeline === 'logistic') return undefined;
  const { kind, lambda } = spec.regularization;
  const { optimizer } = spec.training;
  if (kind !== 'l2' || lambda === 0 || optimizer.weightDecay === 0) return undefined;
  return (
    `regularization l2 (lambda ${lambda}) and training.optimizer.weightDecay (${optimizer.weightDecay}) both shrink ` +
    `the weights: set one of them to 0${optimizer.kind === 'adamw' ? ' (with adamw, lambda)' : ''}`
  );
}
