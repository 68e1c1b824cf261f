import type { Engine, Tensor, Variable } from '../engine.js';
import { assign } from './update-rule.js';

/** An exponential moving average of variables, as state of a program. */
export interface WeightAverage {
  /** `average/NAME` → variable; starts as what the variable holds when the average is created. */
  readonly slots: Readonly<Record<string, Variable>>;
  /**
   * a ← d·a + (1 − d)·w, after the optimizer's update.
   * @param step scalar, updates done before this one. With it, d is min(decay, (1 + step) / (10 + step)), so that the
   *   average of a young training is not held back by its beginning: TensorFlow's `ExponentialMovingAverage` with
   *   `num_updates`. Without it, d is the decay.
   */
  update(step?: Tensor): void;
  /** Swaps averages and variables: once before an evaluation or an export of the averages, once more to go on. */
  exchange(): void;
}

/**
 * The weights' average over the last 1 / (1 − decay) steps or so, often better than the last weights (Polyak & Juditsky,
 * 1992). With the networks' running statistics among the variables, they are averaged too, as PyTorch's
 * `AveragedModel(use_buffers=True)` does.
 * @throws RangeError where the decay is not between 0 and 1
 */
export function createWeightAverage(
  { tf }: Engine,
  variables: Readonly<Record<string, Variable>>,
  { decay }: { decay: number },
): WeightAverage {
  if (!(decay > 0 && decay < 1)) throw new RangeError(`decay must be between 0 and 1, got ${decay}`);
  const pairs = Object.entries(variables).map(([name, variable]) => {
    const average = tf.tidy(() => tf.variable(variable.clone(), false));
    return { slot: `average/${name}`, variable, average };
  });
  return {
    slots: Object.fromEntries(pairs.map(({ slot, average }) => [slot, average])),
    update(step) {
      tf.tidy(() => {
        const count = step?.toFloat();
        const weight = count ? tf.sub(1, tf.minimum(decay, count.add(1).div(count.add(10)))) : tf.scalar(1 - decay);
        for (const { variable, average } of pairs) {
          tf.tidy(() => assign(average, average.add(variable.sub(average).mul(weight))));
        }
      });
    },
    exchange() {
      for (const { variable, average } of pairs) {
        tf.tidy(() => {
          const [weights, averages] = [variable.clone(), average.clone()];
          assign(variable, averages);
          assign(average, weights);
        });
      }
    },
  };
}
