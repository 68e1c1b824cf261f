import type { StateDict } from '../../model.js';

/** What Keras calls the variables of its layers, and what PyTorch does. Numbers and axes are the same in both layouts. */
const PARTS: Readonly<Record<string, string>> = {
  kernel: 'weight',
  depthwise_kernel: 'weight',
  gamma: 'weight',
  beta: 'bias',
  bias: 'bias',
  moving_mean: 'running_mean',
  moving_variance: 'running_var',
};

/**
 * Weights of a Keras model under PyTorch's names for the parts of a layer: `layer1.0.conv1/kernel` is
 * `layer1.0.conv1.weight`. The layers' own names stay, so a model fits an architecture whose layers it names as
 * torchvision does.
 */
export function kerasNames(tensors: StateDict): StateDict {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, weight]) => {
      const slash = name.lastIndexOf('/');
      const part = name.slice(slash + 1).replace(/:0$/, '');
      const known = slash > 0 && Object.hasOwn(PARTS, part);
      return [known ? `${name.slice(0, slash)}.${PARTS[part]}` : name, weight];
    }),
  );
}
