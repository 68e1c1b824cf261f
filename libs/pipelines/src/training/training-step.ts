import type { Scalar, Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import type { Engine, ProgramFunction, Tensor, WeightAverage } from '#engine';
import type { GroupedOptimizer } from './grouped-optimizer.js';
import type { RunningSums } from './running-sums.js';
import type { Answers, TrainingTask } from './training-task.js';

/**
 * The captured step: loss, its gradient, one update, and what is added to the running sums. It returns nothing, so that
 * nobody waits for it but the next step. What is frozen still costs no gradient.
 * @param groups the parameters of each group
 * @param trained how many of the groups are trained
 */
export function trainingStep(
  engine: Engine,
  task: Pick<TrainingTask, 'inputs' | 'parameters' | 'objective' | 'regularization'>,
  { groups, trained, optimizer }: { groups: readonly string[][]; trained: number; optimizer: GroupedOptimizer },
  sums: RunningSums,
  average: WeightAverage | undefined,
): ProgramFunction {
  const { tf } = engine;
  const names = groups.slice(0, trained).flat();
  const complete = trained === groups.length;
  return {
    inputs: { ...task.inputs, learningRate: { shape: [] }, step: { shape: [], dtype: 'int32' } },
    run: (inputs) => {
      const { value, grads } = tf.variableGrads(
        () => {
          const { labels, labelled } = inputs;
          const { loss, divergence, logits, answers = { labels, labelled } } = task.objective(inputs, { complete });
          const correct = countCorrect(engine, logits, answers);
          sums.add({ divergence, correct, labelled: tf.sum(answers.labelled) });
          return (task.regularization === undefined ? loss : tf.add(loss, task.regularization())) as Scalar;
        },
        names.map((name) => task.parameters[name]),
      );
      const gradients = Object.fromEntries(names.map((name) => [name, grads[task.parameters[name].name]]));
      optimizer.apply(gradients, inputs.learningRate, trained);
      average?.update(inputs.step);
      sums.add({ loss: value });
      return {};
    },
  };
}

function countCorrect({ tf }: Engine, logits: Tensor, { labels, labelled }: Answers): Tensor {
  const found = tf.cast(tf.argMax(logits as Tensor2D, 1), 'int32');
  return tf.sum(tf.mul(tf.cast(tf.equal(found, labels as Tensor1D), 'float32'), labelled));
}
