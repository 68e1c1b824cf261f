import { UserError } from '#contracts';

/** Float32 sums of equal distributions come out this far below zero, nats. */
const ROUNDING = 1e-4;

/**
 * A Kullback–Leibler divergence of two distributions is zero at least (Gibbs' inequality), and so is every loss made of
 * divergences, cross-entropies and penalties. Below zero, something that was taken for a distribution is none: a soft
 * label that does not sum to 1, a softmax where a log-softmax belongs.
 * @param value nats
 * @param where in words, what it is the divergence of
 * @throws UserError
 */
export function checkDivergence(value: number, where: string): void {
  if (!(value < -ROUNDING)) return;
  throw new UserError(`the divergence ${where} is ${value.toPrecision(4)}, and no divergence is below zero`, {
    field: 'loss',
    remedy:
      'What is taken for a distribution does not sum to 1: give logits, not probabilities or their logarithms, as soft labels.',
  });
}
