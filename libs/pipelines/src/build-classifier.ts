import { createHash } from 'node:crypto';
import type { Tensor2D } from '@tensorflow/tfjs';
import type { Engine, Tensor } from '#engine';
import { createModel, loadStateDict, stateDict, type Model } from '#models';
import { normalise } from '#datasets';
import type { Classifier, ClassifierParts } from './classifier.js';
import { stateHash } from './state-hash.js';

/**
 * Makes a classifier of its parts.
 * @throws UserError where the weights do not fit the architecture
 */
export function buildClassifier(engine: Engine, parts: ClassifierParts): Classifier {
  const { architecture, variant, networkOutputs, state } = parts;
  const model = createModel(engine, architecture, { classes: networkOutputs, seed: 0, variant });
  try {
    loadStateDict(model, state);
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
  const layers = sigmoidLayers.map(({ weight, bias }) => ({
    weight: tf.tensor2d(weight.values, weight.shape as [number, number]),
    bias: tf.tensor(bias.values, bias.shape),
  }));
  const variables = { ...model.parameters, ...model.statistics };
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
        const logits = layers.reduce(
          (previous: Tensor, { weight, bias }) =>
            kernels.biasAdd(tf.matMul(tf.sigmoid(previous) as Tensor2D, weight), bias),
          network.logits,
        );
        return { logits, features: network.features };
      }),
    multiplyAdds: () =>
      sigmoidLayers.reduce((sum, { weight }) => sum + weight.values.length, model.multiplyAdds(image.size)),
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
  return sigmoidLayers.reduce((sum, { weight, bias }) => sum + weight.values.length + bias.values.length, ofNetwork);
}

/** The head of a network that has none of its own is random and takes no part. */
function fingerprintOf(model: Model, parts: ClassifierParts): string {
  const { architecture, variant, state, sigmoidLayers, classNames, image, outputs } = parts;
  const counted = Object.fromEntries(
    Object.entries(state).filter(([name]) => classNames.length > 0 || !model.head.includes(name)),
  );
  const layers = sigmoidLayers.map(({ weight, bias }) => stateHash({ weight, bias }));
  const { size, resize, mean, std } = image;
  const text = JSON.stringify([architecture, variant, classNames, size, resize, mean, std, outputs, layers]);
  return createHash('sha256').update(text).update(stateHash(counted)).digest('hex');
}
