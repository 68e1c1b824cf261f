import { nearest, UserError, type ModelName } from '#contracts';
import type { Engine, Tensor } from '#engine';
import type { Architecture } from './architectures/architecture.js';
import { resnet20, resnet56, resnet8 } from './architectures/cifar-resnet.js';
import { inceptionV3 } from './architectures/inception-v3.js';
import {
  mobilenetV2,
  mobilenetV2x140,
  mobilenetV2x35,
  mobilenetV2x50,
  mobilenetV2x75,
} from './architectures/mobilenet-v2.js';
import { mobilenetV3Small } from './architectures/mobilenet-v3.js';
import { resnet18, resnet34, resnet50 } from './architectures/resnet.js';
import { shufflenetV2, shufflenetV2Half } from './architectures/shufflenet-v2.js';
import { smallCnn } from './architectures/small-cnn.js';
import { wrn16x2, wrn40x2 } from './architectures/wide-resnet.js';
import { Layers, type BatchNormOptions } from './layers.js';
import type { Model, ModelOptions } from './model.js';

/** Every architecture, by the name that a spec uses. */
export const MODELS: Readonly<Record<ModelName, Architecture>> = {
  small_cnn: smallCnn,
  resnet8,
  resnet20,
  resnet56,
  wrn_16_2: wrn16x2,
  wrn_40_2: wrn40x2,
  resnet18,
  resnet34,
  resnet50,
  mobilenet_v2: mobilenetV2,
  mobilenet_v2_x0_35: mobilenetV2x35,
  mobilenet_v2_x0_5: mobilenetV2x50,
  mobilenet_v2_x0_75: mobilenetV2x75,
  mobilenet_v2_x1_4: mobilenetV2x140,
  mobilenet_v3_small: mobilenetV3Small,
  shufflenet_v2: shufflenetV2,
  shufflenet_v2_x0_5: shufflenetV2Half,
  inception_v3: inceptionV3,
};

/**
 * Builds a model with initial weights that depend on the seed alone.
 * @throws UserError where the name or the variant is not known; it lists the legal ones and the nearest
 */
export function createModel(engine: Engine, name: string, options: ModelOptions): Model {
  return buildModel(engine, name, options).model;
}

/** As `createModel`, with the layers at hand, for importers that must look inside. */
export function buildModel(engine: Engine, name: string, options: ModelOptions): { model: Model; layers: Layers } {
  const { classes, seed, variant } = options;
  const { architecture, batchNorm } = chooseForm(name, variant);
  if (!Number.isInteger(classes) || classes < 1) {
    throw new UserError(`a model needs at least one class, not ${classes}`, { field: 'classes' });
  }
  const layers = new Layers(engine, seed, batchNorm);
  const network = architecture.build(layers, classes, variant);
  const forward: Model['forward'] = (images, mode, watched) =>
    engine.tf.tidy(() => {
      let input: Tensor | undefined;
      if (watched !== undefined) layers.onLayerInput = (name, x) => void (name === watched && (input = x));
      try {
        const features = network.features(images as Parameters<typeof network.features>[0], mode);
        const logits = network.classifier(features);
        if (watched === undefined) return { logits, features };
        if (input === undefined) throw new Error(`${name} has no layer ${watched} whose input is an image`);
        return { logits, features, input };
      } finally {
        layers.onLayerInput = undefined;
      }
    });
  const model: Model = {
    engine,
    name: architecture.name,
    ...(variant === undefined ? {} : { variant }),
    classes,
    parameters: layers.parameters,
    statistics: layers.statistics,
    head: [`${network.classifierName}.weight`, `${network.classifierName}.bias`],
    featureSize: network.featureSize,
    rows: network.rows ?? [],
    forward,
    multiplyAdds: (imageSize) => {
      let total = 0;
      layers.onMultiplyAdds = (count) => (total += count);
      try {
        engine.tf.tidy(() => void forward(engine.tf.zeros([1, imageSize, imageSize, 3]), 'inference'));
      } finally {
        layers.onMultiplyAdds = undefined;
      }
      return total;
    },
    dispose: () => layers.dispose(),
  };
  return { model, layers };
}

/**
 * An architecture and what distinguishes one of its variants, by their names.
 * @throws UserError as `createModel`
 */
export function chooseForm(
  name: string,
  variant?: string,
): { architecture: Architecture; batchNorm: BatchNormOptions } {
  const architecture = choose('model', name, MODELS);
  const form = variant === undefined ? architecture : choose(`variant of ${name}`, variant, architecture.variants);
  return { architecture, batchNorm: form.batchNorm };
}

/** Number of trainable numbers, head included. */
export function parameterCount(model: Model): number {
  return Object.values(model.parameters).reduce((total, variable) => total + variable.size, 0);
}

/** The entry of a table that a person named, or a UserError that lists the legal names and the nearest. */
export function choose<T>(what: string, name: string, table: Readonly<Record<string, T>>, remedy?: string): T {
  if (Object.hasOwn(table, name)) return table[name];
  const legal = Object.keys(table);
  const hint = nearest(name, legal);
  throw new UserError(
    legal.length === 0
      ? `there is no ${what}, so "${name}" is unknown`
      : `unknown ${what} "${name}"${hint === undefined ? '' : `; did you mean "${hint}"?`} (legal: ${legal.join(', ')})`,
    { field: what.split(' ')[0], remedy },
  );
}
