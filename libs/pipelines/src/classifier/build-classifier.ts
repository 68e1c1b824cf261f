import { createHash } from 'node:crypto';
import type { Tensor2D } from '@tensorflow/tfjs';
import { UserError } from '#contracts';
import { normalise } from '#datasets';
import type { Engine, Tensor } from '#engine';
import { createModel, loadStateDict, stateDict, type Model, type StateDict } from '#models';
import { stateHash } from '../training/state-hash.js';
import type { Classifier, ClassifierParts, SigmoidLayer } from './classifier.js';
import { layersAfterStages } from './stage-outputs.js';

/**
 * Makes a classifier of its parts.
 * @throws UserError where the weights do not fit the architecture
 */
export function buildClassifier(engine: Engine, parts: ClassifierParts): Classifier {
  const { architecture, variant, networkOutputs, state, sigmoidLayers } = parts;
  const model = createModel(engine, architecture, { classes: networkOutputs, seed: 0, variant });
  try {
    loadStateDict(model, state);
    for (const { features } of sigmoidLayers) {
      if (features === undefined || features.shape[0] === model.featureSize) continue;
      throw new UserError(
        `the weights take ${features.shape[0]} features of ${describeModel(model)}, which has ${model.featureSize}`,
        { remedy: 'use weights that were saved from this architecture' },
      );
    }
  } catch (error) {
    model.dispose();
    throw error;
  }
  return classifierOf(model, parts);
}

/** A model as a classifier, which owns it from now on. Its variables must hold `parts.state`. */
export function classifierOf(model: Model, parts: ClassifierParts): Classifier {
  const { engine } = model;
  const { tf, kernels } = engine;
  const { classNames, image, outputs, sigmoidLayers } = parts;
  const matrix = ({ values, shape }: SigmoidLayer['weight']): Tensor2D =>
    tf.tensor2d(values, shape as [number, number]);
  const layers = sigmoidLayers.map(({ weight, bias, logits, features }) => ({
    weight: matrix(weight),
    bias: tf.tensor(bias.values, bias.shape),
    logits: logits && matrix(logits),
    features: features && matrix(features),
  }));
  const variables = { ...model.parameters, ...model.statistics };
  const after = layersAfterStages(model);
  return {
    name: describeModel(model),
    classNames,
    image,
    outputs,
    parameters: countParameters(model, parts),
    featureSize: model.featureSize,
    logitSize: classNames.length,
    fingerprint: fingerprintOf(model, parts),
    parts,
    head: model.head,
    variables,
    forward: (stored) =>
      tf.tidy(() => {
        const network = model.forward(normalise(engine, stored, image), 'inference');
        const logits = layers.reduce((previous: Tensor, { weight, bias, ...beside }) => {
          const bent = kernels.biasAdd(tf.matMul(tf.sigmoid(previous) as Tensor2D, weight), bias);
          const straight = beside.logits && tf.matMul(previous as Tensor2D, beside.logits);
          const past = beside.features && tf.matMul(network.features as Tensor2D, beside.features);
          return [straight, past].reduce((sum: Tensor, term) => (term === undefined ? sum : tf.add(sum, term)), bent);
        }, network.logits);
        return { logits, features: network.features };
      }),
    stages: [...after.keys()],
    map: (stored, stage) =>
      tf.tidy(() => model.forward(normalise(engine, stored, image), 'inference', after.get(stage)!).input!),
    multiplyAdds: () =>
      sigmoidLayers.reduce((sum, { bias: _bias, ...layer }) => sum + numbersIn(layer), model.multiplyAdds(image.size)),
    dispose() {
      model.dispose();
      tf.dispose(layers);
    },
  };
}

/** The parts that a model itself has, with its weights as they are. */
export function partsOf(
  model: Model,
): Pick<ClassifierParts, 'architecture' | 'variant' | 'networkOutputs' | 'state' | 'sigmoidLayers'> {
  const { name, variant, classes } = model;
  return { architecture: name, variant, networkOutputs: classes, state: stateDict(model), sigmoidLayers: [] };
}

/** "resnet20", or with its variant "mobilenet_v2 (coco)". */
export function describeModel({ name, variant }: Pick<Model, 'name' | 'variant'>): string {
  return variant === undefined ? name : `${name} (${variant})`;
}

function countParameters(model: Model, { classNames, sigmoidLayers }: ClassifierParts): number {
  const counted = Object.entries(model.parameters).filter(
    ([name]) => classNames.length > 0 || !model.head.includes(name),
  );
  const ofNetwork = counted.reduce((sum, [, variable]) => sum + variable.size, 0);
  return sigmoidLayers.reduce((sum, layer) => sum + numbersIn({ ...layer }), ofNetwork);
}

function numbersIn(tensors: StateDict): number {
  return Object.values(tensors).reduce((sum, { values }) => sum + values.length, 0);
}

/** The head of a network that has none of its own is random and takes no part. */
function fingerprintOf(model: Model, parts: ClassifierParts): string {
  const { architecture, variant, state, sigmoidLayers, classNames, image, outputs } = parts;
  const counted = Object.fromEntries(
    Object.entries(state).filter(([name]) => classNames.length > 0 || !model.head.includes(name)),
  );
  const layers = sigmoidLayers.map((layer) => stateHash({ ...layer }));
  const { size, resize, mean, std } = image;
  const text = JSON.stringify([architecture, variant, classNames, size, resize, mean, std, outputs, layers]);
  return createHash('sha256').update(text).update(stateHash(counted)).digest('hex');
}
