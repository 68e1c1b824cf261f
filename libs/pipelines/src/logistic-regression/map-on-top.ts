import type { ClassifierParts, SigmoidLayer } from '../classifier/classifier.js';
import type { FeaturePart } from './feature-parts.js';

interface Map {
  /** `[inputs, classes]` */
  weight: Float32Array;
  /** `[classes]` */
  bias: Float32Array;
}

/** `[inputs, outputs]` */
type Matrix = SigmoidLayer['weight'];

/**
 * The network that first computes a teacher's features and then a linear map of them. On the penultimate layer the map
 * replaces the head; on the logits, which are linear themselves, it is multiplied into what gives them; on both, the two
 * are added up. On the sigmoid it is one more layer, which takes what else it is a map of beside it.
 * @param headNames names of the network's head: its weight, its bias
 * @param features what the map's rows are for, in their order
 */
export function mapOnTop(
  teacher: ClassifierParts,
  headNames: readonly string[],
  features: readonly FeaturePart[],
  map: Map,
  meaning: Pick<ClassifierParts, 'classNames' | 'outputs' | 'trainedOn'>,
): ClassifierParts {
  const { sigmoid, logits, penultimate } = rowsByKind(features, map);
  const bias = { shape: [map.bias.length], values: map.bias };
  const { sigmoidLayers } = teacher;
  if (sigmoid !== undefined) {
    const layer = { weight: sigmoid, bias, logits, features: penultimate };
    return { ...teacher, ...meaning, sigmoidLayers: [...sigmoidLayers, withoutAbsent(layer)] };
  }
  const last = sigmoidLayers.at(-1);
  if (logits !== undefined && last !== undefined) {
    const through = withoutAbsent({
      weight: product(last.weight, logits),
      bias: { shape: bias.shape, values: sum(product(asRow(last.bias), logits).values, bias.values) },
      logits: last.logits && product(last.logits, logits),
      features: added(last.features && product(last.features, logits), penultimate),
    });
    return { ...teacher, ...meaning, sigmoidLayers: [...sigmoidLayers.slice(0, -1), through] };
  }
  const [weightName, biasName] = headNames;
  const head = teacher.state[weightName];
  const weight = added(logits && product(head, logits), penultimate)!;
  const offset = logits && product(asRow(teacher.state[biasName]), logits).values;
  return {
    ...teacher,
    ...meaning,
    networkOutputs: map.bias.length,
    state: {
      ...teacher.state,
      [weightName]: weight,
      [biasName]: offset === undefined ? bias : { shape: bias.shape, values: sum(offset, bias.values) },
    },
    sigmoidLayers: [],
  };
}

/** The rows of a map that belong to each kind of feature. */
function rowsByKind(features: readonly FeaturePart[], { weight, bias }: Map): Partial<Record<string, Matrix>> {
  const classes = bias.length;
  let row = 0;
  return Object.fromEntries(
    features.map(({ kind, width }) => {
      const values = weight.slice(row * classes, (row + width) * classes);
      row += width;
      return [kind, { shape: [width, classes], values }];
    }),
  );
}

function asRow({ values }: { values: Float32Array }): Matrix {
  return { shape: [1, values.length], values };
}

/** first · second, computed in float64. */
function product(first: Matrix, second: Matrix): Matrix {
  const [rows, middle] = first.shape;
  const outputs = second.shape[1];
  const values = new Float32Array(rows * outputs);
  const sums = new Float64Array(outputs);
  for (let row = 0; row < rows; row++) {
    sums.fill(0);
    for (let m = 0; m < middle; m++) {
      const factor = first.values[row * middle + m];
      for (let o = 0; o < outputs; o++) sums[o] += factor * second.values[m * outputs + o];
    }
    values.set(sums, row * outputs);
  }
  return { shape: [rows, outputs], values };
}

function added(first: Matrix | undefined, second: Matrix | undefined): Matrix | undefined {
  if (first === undefined || second === undefined) return first ?? second;
  return { shape: first.shape, values: sum(first.values, second.values) };
}

function sum(first: Float32Array, second: Float32Array): Float32Array {
  return first.map((value, at) => value + second[at]);
}

function withoutAbsent({ weight, bias, logits, features }: SigmoidLayer): SigmoidLayer {
  return {
    weight,
    bias,
    ...(logits === undefined ? {} : { logits }),
    ...(features === undefined ? {} : { features }),
  };
}
