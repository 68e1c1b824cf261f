import { afterEach, beforeAll, beforeEach } from 'vitest';
import { TrainingSpecSchema } from '#contracts';
import { loadEngine, type Engine, type Tensor, type Variable } from '#engine';
import { ProgressMeter } from '../../libs/pipelines/src/progress-meter.js';
import { trainNetwork, type TrainingResult } from '../../libs/pipelines/src/training/train-network.js';
import type { TrainingTask } from '../../libs/pipelines/src/training/training-task.js';
import type { Recording } from './toy.js';

export const LEARNING_RATE = 0.25;

/** What the tests of a `describe` train: a number w, 1 at the beginning of each. */
export function numberGround() {
  const ground = {
    engine: undefined as unknown as Engine,
    w: undefined as unknown as Variable,
    value: () => ground.w.dataSync()[0],
    train: (...parameters: Tail<Parameters<typeof trainNumber>>) => trainNumber(ground, ...parameters),
  };
  beforeAll(async () => {
    ground.engine = await loadEngine();
  });
  beforeEach(() => {
    const { tf } = ground.engine;
    ground.w = tf.variable(tf.scalar(1));
  });
  afterEach(() => ground.w.dispose());
  return ground;
}

/**
 * The training of one number w, whose loss is w unless the task says otherwise: what becomes of it is known by hand. A
 * quarter is taken from it at each step.
 * @param training fields of the spec's `training`
 * @param more of the task
 */
async function trainNumber(
  { engine, w }: { engine: Engine; w: Variable },
  context: Recording,
  stepsPerEpoch: number,
  training: Record<string, unknown> = {},
  more: Partial<TrainingTask> = {},
): Promise<TrainingResult> {
  const { tf } = engine;
  const checkpoint = await context.loadCheckpoint();
  const spec = TrainingSpecSchema.parse({
    epochs: 1,
    optimizer: { learningRate: LEARNING_RATE, momentum: 0 },
    schedule: { kind: 'constant' },
    precision: 'float32',
    ...training,
  });
  const task: TrainingTask = {
    training: spec,
    stepsPerEpoch,
    batchSize: 2,
    parameters: { w },
    statistics: {},
    inputs: { labels: { shape: [2], dtype: 'int32' }, labelled: { shape: [2] } },
    objective: () => ({ loss: tf.mul(w as Tensor, 1), logits: tf.tensor2d([1, 0, 1, 0], [2, 2]) }),
    async *batches(_epoch, firstBatch) {
      for (let batch = firstBatch; batch < stepsPerEpoch; batch++) {
        yield { labels: tf.tensor1d([0, batch % 2], 'int32'), labelled: tf.tensor1d([1, 1]) };
      }
    },
    functions: {},
    validate: async () => undefined,
    ...more,
  };
  const phase = { name: 'train', total: stepsPerEpoch * spec.epochs, cost: 1 };
  const meter = new ProgressMeter([phase], context.progress);
  return trainNetwork(task, { engine, context, meter, identity: 'toy', checkpoint, elapsedMs: () => 0 });
}

type Tail<Values extends unknown[]> = Values extends [unknown, ...infer Rest] ? Rest : never;
