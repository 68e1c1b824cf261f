import { IMAGENET_CLASSES } from './imagenet-classes.js';
import type { PretrainedSource } from './pretrained-source.js';
import { fetchPublished } from './fetch-published.js';
import { TORCHVISION_WEIGHTS } from './torchvision-weights.js';
import { fitWeights } from '../weights/fit-weights.js';
import { readTorchFile } from '../weights/torch/torch-file.js';

/** Twice the largest of them. */
const MAX_BYTES = 256 * 1024 ** 2;

/** The weights that torchvision publishes, trained on ImageNet: `torchvision/IMAGENET1K_V1` and the like. */
export const torchvisionSources: readonly PretrainedSource[] = TORCHVISION_WEIGHTS.map(
  ({ model, name, url, sha256, imageSize, mean, std, top1 }): PretrainedSource => ({
    name: `torchvision/${name}`,
    model,
    summary: `torchvision's, trained on ImageNet (1,000 classes), top-1 ${top1} %`,
    licence: 'BSD-3-Clause (torchvision); trained on ImageNet, whose terms are for non-commercial research',
    url,
    sha256,
    preprocessing: { mean: [...mean], std: [...std] },
    imageSize,
    folded: false,
    async fetch({ cacheFolder, mirror, signal, onProgress }) {
      const file = await fetchPublished({ url, sha256, maxBytes: MAX_BYTES, cacheFolder, mirror, signal, onProgress });
      const { state } = fitWeights(model, await readTorchFile(file), file);
      return { state, classes: IMAGENET_CLASSES };
    },
  }),
);
