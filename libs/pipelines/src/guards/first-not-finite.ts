import type { Engine, Tensor, Variable } from '#engine';

/** Where the first number that is not finite comes from. */
export interface Origin {
  /** What computed it: a kernel of TensorFlow.js, such as `Conv2D`. */
  kernel: string;
  /** The layer whose parameters the kernel used, or the last one before it; `undefined` before the first layer. */
  layer?: string;
  /** Whether the kernel used that layer's parameters itself. */
  within: boolean;
}

interface KernelCall {
  kernelName?: string;
  inputs?: Record<string, Tensor | null | undefined>;
}

/**
 * Calls a function eagerly, looks at what each kernel makes, and names the first that makes an infinity or what is no
 * number. Slow: every result is read.
 * @param run computes with `parameters`; what it makes is disposed of
 * @param parameters by their names: `layer1.0.conv1.weight`
 */
export function firstNotFinite(
  { tf }: Engine,
  run: () => unknown,
  parameters: Readonly<Record<string, Variable>>,
): Origin | undefined {
  const engine = tf.engine() as unknown as { runKernelFunc(call: KernelCall): Tensor | Tensor[] };
  const { runKernelFunc } = engine;
  const owners = new Map(Object.entries(parameters).map(([name, { dataId }]) => [dataId as object, layerOf(name)]));
  let lastLayer: string | undefined;
  let found: Origin | undefined;
  // An own property, in front of the engine's method for as long as this call takes.
  engine.runKernelFunc = function (call) {
    const inputs = Object.values(call.inputs ?? {}).flatMap((input) => input ?? []);
    const own = inputs.map(({ dataId }) => owners.get(dataId)).find((layer) => layer !== undefined);
    lastLayer = own ?? lastLayer;
    const outputs = runKernelFunc.call(this, call);
    // Of a kernel within another, the inner one is seen first.
    if (found === undefined && [outputs].flat().some(isNotFinite)) {
      found = { kernel: call.kernelName ?? 'a custom kernel', layer: lastLayer, within: own !== undefined };
    }
    return outputs;
  };
  try {
    tf.tidy(() => void run());
  } finally {
    delete (engine as Partial<typeof engine>).runKernelFunc;
  }
  return found;
}

/** In words: "Conv2D in the layer conv1". */
export function describeOrigin({ kernel, layer, within }: Origin): string {
  if (layer === undefined) return `${kernel}, before the first layer`;
  return within ? `${kernel} in the layer ${layer}` : `${kernel} after the layer ${layer}`;
}

function isNotFinite(tensor: Tensor): boolean {
  return tensor.dtype === 'float32' && !allFinite(tensor.dataSync());
}

/** A product with zero is zero for every number; a plain loop, since there may be many. */
export function allFinite(values: ArrayLike<number>): boolean {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] * 0;
  return sum === 0;
}

function layerOf(parameter: string): string {
  return parameter.replace(/\.(weight|bias)$/, '');
}
