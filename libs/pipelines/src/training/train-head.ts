import type { TransferSpec } from '#contracts';
import type { Dataset } from '#datasets';
import type { Engine, Tensor } from '#engine';
import type { Model } from '#models';
import type { Classifier } from '../classifier/classifier.js';
import { applyLinearMap } from '../logistic-regression/logistic-regression.js';
import { standardise } from '../logistic-regression/standardisation.js';
import { labelLoss, outputsOf } from '../losses/label-loss.js';
import { cachedOutputs } from '../outputs/cached-outputs.js';
import type { PipelineRun } from '../pipeline.js';
import { regularization } from '../regularization/regularization.js';
import { scoreOf } from '../report/score.js';
import { classWeights } from './class-weights.js';
import { dropout } from './dropout.js';
import { epochOrder } from './epoch-order.js';
import { labelInputs, labelTensors, oneHot, stepsPerEpoch } from './image-batches.js';
import { standardisedHead } from './standardised-head.js';
import { trainNetwork, type TrainingResult, type TrainingSurroundings } from './train-network.js';

/**
 * Trains a model's head alone, on the features of a backbone that stays as it is to the bit, running statistics
 * included. The features are computed once, without augmentation, and standardised, so that one learning rate suits
 * them all; λ acts on the weights of the standardised features. The finished head takes the features as they come.
 */
export async function trainHeadOnFeatures(
  { engine, spec, seed, context }: PipelineRun<TransferSpec>,
  backbone: Classifier,
  model: Model,
  { train, validation, classes }: Dataset,
  batchSize: number,
  surroundings: TrainingSurroundings & { learningRateFactor: number },
): Promise<TrainingResult> {
  const { meter, learningRateFactor } = surroundings;
  const parameters = Object.fromEntries(model.head.map((name) => [name, model.parameters[name]]));

  meter.begin('features');
  const features = await cachedOutputs(engine, backbone, 'features', train, context, (done) => meter.advance(done));
  const validationFeatures = await cachedOutputs(engine, backbone, 'features', validation, context, (done) =>
    meter.advance(train.length + done),
  );
  const { flip: _flip, ...asked } = spec.training.augmentation;
  if (Object.values(asked).some((value) => value !== 0)) {
    context.log('warn', 'training.augmentation takes no part: the features of a frozen backbone are computed once');
  }
  const loss = { ...spec.loss, classWeights: classWeights(spec.loss, train.labels, classes) };
  const head = standardisedHead(model, features);
  const xValidation = standardise(validationFeatures, head.standardisation);
  try {
    const result = await trainNetwork(
      {
        training: spec.training,
        batchSize,
        stepsPerEpoch: stepsPerEpoch(train.length, batchSize),
        parameters,
        statistics: {},
        learningRateFactors: Object.fromEntries(model.head.map((name) => [name, learningRateFactor])),
        inputs: { features: { shape: [batchSize, model.featureSize] }, ...labelInputs(batchSize) },
        objective: ({ features, labels, labelled, step }) => {
          const logits = head.logits(features, dropout(engine, spec.training.dropout, { seed, step }));
          const targets = oneHot(engine, labels, classes.length);
          return { loss: labelLoss(engine, logits, { targets, labelled }, loss), logits };
        },
        regularization: regularization(engine, spec.regularization, { parameters }),
        batches: (epoch, firstBatch) =>
          featureBatches(engine, features, train.labels, {
            batchSize,
            order: epochOrder(train.labels, spec.training.sampling, { seed, epoch }),
            firstBatch,
          }),
        functions: {},
        validate: async (program) => {
          program.pull();
          const [weight, bias] = model.head.map((name) => parameters[name].dataSync());
          return scoreOf(
            applyLinearMap(xValidation, { weight, bias }),
            validation.labels,
            classes,
            outputsOf(spec.loss),
          );
        },
      },
      surroundings,
    );
    head.fold();
    return result;
  } finally {
    head.dispose();
  }
}

/** One epoch of feature rows in the given order of their images. */
async function* featureBatches(
  { tf }: Engine,
  features: Float32Array,
  labels: Int32Array,
  { batchSize, order, firstBatch }: { batchSize: number; order: Int32Array; firstBatch: number },
): AsyncGenerator<Record<string, Tensor>> {
  const width = features.length / labels.length;
  for (let start = firstBatch * batchSize; start + batchSize <= order.length; start += batchSize) {
    const indices = order.subarray(start, start + batchSize);
    const rows = new Float32Array(batchSize * width);
    indices.forEach((index, row) => rows.set(features.subarray(index * width, (index + 1) * width), row * width));
    yield {
      features: tf.tensor2d(rows, [batchSize, width]),
      ...labelTensors(
        tf,
        indices.map((index) => labels[index]),
      ),
    };
  }
}
