import type { Tensor2D } from '@tensorflow/tfjs';
import type { TransferSpec } from '#contracts';
import { permutation, type Dataset } from '#datasets';
import type { Engine, Tensor } from '#engine';
import type { Model } from '#models';
import { cachedOutputs } from './cached-outputs.js';
import type { Classifier } from './classifier.js';
import { setHead } from './head-start.js';
import { labelInputs, labelTensors, oneHot, stepsPerEpoch } from './image-batches.js';
import { applyLinearMap } from './logistic-regression/logistic-regression.js';
import { foldStandardisation, measure, standardise } from './logistic-regression/standardisation.js';
import { crossEntropy } from './losses/cross-entropy.js';
import type { PipelineRun } from './pipeline.js';
import { regularization } from './regularization/regularization.js';
import { scoreOf } from './report.js';
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
  const { featureSize, head } = model;
  const [weightName, biasName] = head;
  const parameters = Object.fromEntries(head.map((name) => [name, model.parameters[name]]));

  meter.begin('features');
  const raw = await cachedOutputs(engine, backbone, 'features', train, context, (done) => meter.advance(done));
  const standardisation = measure(raw, featureSize);
  const features = standardise(raw, standardisation);
  const rawValidation = await cachedOutputs(engine, backbone, 'features', validation, context, (done) =>
    meter.advance(train.length + done),
  );
  const validationFeatures = standardise(rawValidation, standardisation);

  const result = await trainNetwork(
    {
      training: spec.training,
      batchSize,
      stepsPerEpoch: stepsPerEpoch(train.length, batchSize),
      parameters,
      statistics: {},
      learningRateFactors: Object.fromEntries(head.map((name) => [name, learningRateFactor])),
      inputs: { features: { shape: [batchSize, featureSize] }, ...labelInputs(batchSize) },
      objective: ({ features: x, labels, labelled }) => {
        const products = engine.tf.matMul(x as Tensor2D, parameters[weightName] as Tensor as Tensor2D);
        const logits = engine.kernels.biasAdd(products, parameters[biasName]);
        return {
          loss: crossEntropy(engine, logits, oneHot(engine, labels, classes.length), labelled),
          logits,
        };
      },
      regularization: regularization(engine, spec.regularization, { parameters }),
      batches: (epoch, firstBatch) =>
        featureBatches(engine, features, train.labels, { batchSize, seed, epoch, firstBatch }),
      functions: {},
      validate: async (program) => {
        program.pull();
        const map = { weight: parameters[weightName].dataSync(), bias: parameters[biasName].dataSync() };
        return scoreOf(applyLinearMap(validationFeatures, map), validation.labels, classes, 'softmax');
      },
    },
    surroundings,
  );
  const [weight, bias] = head.map((name) => Float64Array.from(parameters[name].dataSync()));
  setHead(model, foldStandardisation({ weight, bias }, standardisation));
  return result;
}

/** One epoch of feature rows in the order in which `imageBatches` would give their images. */
async function* featureBatches(
  { tf }: Engine,
  features: Float32Array,
  labels: Int32Array,
  options: { batchSize: number; seed: number; epoch: number; firstBatch: number },
): AsyncGenerator<Record<string, Tensor>> {
  const { batchSize, seed, epoch, firstBatch } = options;
  const width = features.length / labels.length;
  const order = permutation(labels.length, seed, epoch);
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
