import type { LogisticSpec } from '#contracts';
import type { ClassifierParts, SigmoidLayer } from '../classifier.js';

interface Map {
  /** `[inputs, classes]` */
  weight: Float32Array;
  /** `[classes]` */
  bias: Float32Array;
}

/**
 * The network that first computes a teacher's features and then a linear map of them. On the penultimate layer the map
 * replaces the head; on the logits, which are linear themselves, it is multiplied into what gives them; on the sigmoid
 * it is one more layer.
 * @param headNames names of the network's head: its weight, its bias
 */
export function mapOnTop(
  teacher: ClassifierParts,
  headNames: readonly string[],
  features: LogisticSpec['features'],
  map: Map,
  meaning: Pick<ClassifierParts, 'classNames' | 'outputs'>,
): ClassifierParts {
  const layer: SigmoidLayer = {
    weight: { shape: [map.weight.length / map.bias.length, map.bias.length], values: map.weight },
    bias: { shape: [map.bias.length], values: map.bias },
  };
  const { sigmoidLayers } = teacher;
  const [weightName, biasName] = headNames;
  const withHead = ({ weight, bias }: SigmoidLayer): ClassifierParts => ({
    ...teacher,
    ...meaning,
    networkOutputs: bias.shape[0],
    state: { ...teacher.state, [weightName]: weight, [biasName]: bias },
    sigmoidLayers: [],
  });
  switch (features) {
    case 'penultimate':
      return withHead(layer);
    case 'sigmoid':
      return { ...teacher, ...meaning, sigmoidLayers: [...sigmoidLayers, layer] };
    case 'logits': {
      const last = sigmoidLayers.at(-1);
      if (last === undefined) {
        return withHead(compose({ weight: teacher.state[weightName], bias: teacher.state[biasName] }, layer));
      }
      return { ...teacher, ...meaning, sigmoidLayers: [...sigmoidLayers.slice(0, -1), compose(last, layer)] };
    }
  }
}

/** second(first(x)) as one layer, computed in float64. */
function compose(first: SigmoidLayer, second: SigmoidLayer): SigmoidLayer {
  const [inputs, middle] = first.weight.shape;
  const outputs = second.bias.values.length;
  const apply = (row: Float32Array, offset: ArrayLike<number>): Float64Array => {
    const sums = Float64Array.from(offset);
    for (let m = 0; m < middle; m++) {
      for (let o = 0; o < outputs; o++) sums[o] += row[m] * second.weight.values[m * outputs + o];
    }
    return sums;
  };
  const weight = new Float32Array(inputs * outputs);
  for (let i = 0; i < inputs; i++) {
    weight.set(
      apply(first.weight.values.subarray(i * middle, (i + 1) * middle), new Float64Array(outputs)),
      i * outputs,
    );
  }
  const bias = Float32Array.from(apply(first.bias.values, second.bias.values));
  return { weight: { shape: [inputs, outputs], values: weight }, bias: { shape: [outputs], values: bias } };
}
