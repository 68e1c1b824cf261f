import { UserError } from '#contracts';
import { chooseForm } from '../create-model.js';
import { declaredShapes } from '../declared-shapes.js';
import type { StateDict } from '../model.js';
import type { SerialTensor } from '../safetensors.js';
import { toTorch } from './torch-layout.js';

/**
 * Weights as PyTorch's `state_dict()` has them: torchvision's names in its order, convolutions OIHW, linear layers
 * `[out, in]`, and the int64 counter `num_batches_tracked` (0) of every batch normalisation, so that
 * `load_state_dict(strict=True)` takes them.
 * @param options.model the architecture that they fit
 * @throws UserError for a variant, which PyTorch's network of that name is not
 */
export function torchStateDict(
  state: StateDict,
  { model, variant, classes }: { model: string; variant?: string; classes: number },
): Record<string, SerialTensor> {
  if (variant !== undefined) {
    const { summary } = chooseForm(model, variant).architecture.variants[variant];
    throw new UserError(`${model} in its form "${variant}" has no counterpart in PyTorch (${summary})`, {
      remedy:
        'Write it as a graph (tfjs or saved-model) or in the layout of TensorFlow (safetensors). ' +
        `For torchvision's ${model}, train from torchvision's weights or from none.`,
    });
  }
  const { shapes, statistics } = declaredShapes(model, { classes });
  const entries: [string, SerialTensor][] = [];
  for (const name of Object.keys(shapes)) {
    if (statistics.has(name)) continue;
    entries.push([name, toTorch(state[name])]);
    const layer = name.replace(/\.bias$/, '');
    // As PyTorch's modules are: after the bias of a batch normalisation come its buffers.
    if (!name.endsWith('.bias') || !statistics.has(`${layer}.running_mean`)) continue;
    for (const part of ['running_mean', 'running_var']) {
      entries.push([`${layer}.${part}`, state[`${layer}.${part}`]]);
    }
    entries.push([`${layer}.num_batches_tracked`, { shape: [], values: BigInt64Array.of(0n) }]);
  }
  return Object.fromEntries(entries);
}
