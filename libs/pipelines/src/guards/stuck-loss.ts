/** Points of the loss that are looked at before anything is said. */
const FEWEST_POINTS = 20;
/** The loss counts as moving where its first and last thirds differ by this share of it. */
const MOVED = 0.01;
/** …or by more than this many standard errors of the difference. */
const STANDARD_ERRORS = 3;
/** With so many right answers a loss may stand still. */
const LEARNT = 0.9;

/**
 * Watches a training's losses as they are announced, and says once, in words, that they do not move: the mean of the
 * last third differs from that of the first by less than 1 % and by no more than the batches' noise explains, and most
 * answers are wrong. Says so again for no other reason.
 * @returns to be called with every announcement
 */
export function stuckLossWatch(
  warn: (message: string) => void,
): (step: number, values: Record<string, number>) => void {
  const losses: number[] = [];
  let next = FEWEST_POINTS;
  let told = false;
  return (step, values) => {
    const loss = values['train.loss'];
    if (told || loss === undefined || values.lambda !== undefined) return;
    losses.push(loss);
    if (losses.length < next || (values['train.top1'] ?? 0) >= LEARNT) return;
    // Looked at again each time that there is twice as much: a warm-up may hold a loss for a while.
    next *= 2;
    const third = Math.floor(losses.length / 3);
    const [first, last] = [momentsOf(losses.slice(0, third)), momentsOf(losses.slice(-third))];
    const difference = Math.abs(first.mean - last.mean);
    const error = Math.sqrt((first.variance + last.variance) / third);
    if (difference > MOVED * Math.abs(first.mean) || difference > STANDARD_ERRORS * error + 1e-12) return;
    told = true;
    warn(
      `The loss does not move: it was ${first.mean.toPrecision(4)} at first and is ${last.mean.toPrecision(4)} after ${step} steps. ` +
        'The learning rate may be far too small (training.optimizer.learningRate), the weights frozen, or labels and images mismatched',
    );
  };
}

function momentsOf(values: readonly number[]): { mean: number; variance: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length - 1);
  return { mean, variance };
}
