import type { Tensor } from '../engine.js';

/** What a captured function did, and the way out: see `refusal`. */
export type Refused = readonly [did: string, remedy: string];

/** A kernel that tfjs was asked to run. */
export interface KernelCall {
  kernelName?: string;
  inputs?: Readonly<Record<string, Tensor | readonly Tensor[] | null | undefined>>;
  attrs?: unknown;
}

/** Ops of tfjs-core that draw random numbers in JavaScript: their result would be frozen into the graph. */
const RANDOM_OPS = new Set([
  'dropout',
  'multinomial',
  'rand',
  'randomGamma',
  'randomNormal',
  'randomStandardNormal',
  'randomUniform',
  'randomUniformInt',
  'truncatedNormal',
]);

/** What to use instead, where it is more than uniform numbers. */
const STATELESS: Readonly<Record<string, string>> = {
  'tf.dropout': 'engine.kernels.dropout(x, rate, seed, step, stream)',
};

/** Kernels whose results have a size that depends on values → the op. What comes after them would have the capture's. */
const SIZED_BY_VALUES: Readonly<Record<string, string>> = {
  NonMaxSuppressionV3: 'tf.image.nonMaxSuppression',
  NonMaxSuppressionV4: 'tf.image.nonMaxSuppressionPadded',
  NonMaxSuppressionV5: 'tf.image.nonMaxSuppressionWithScore',
  RaggedGather: 'tf.raggedGather',
  RaggedRange: 'tf.raggedRange',
  RaggedTensorToTensor: 'tf.raggedTensorToTensor',
  SparseFillEmptyRows: 'tf.sparse.sparseFillEmptyRows',
  SparseSegmentMean: 'tf.sparse.sparseSegmentMean',
  SparseSegmentSum: 'tf.sparse.sparseSegmentSum',
  StringNGrams: 'tf.string.stringNGrams',
  StringSplit: 'tf.string.stringSplit',
  Unique: 'tf.unique',
};

export const READS: Refused = [
  'reads the value of a tensor (dataSync, arraySync, data, array, print, or an op that waits for it, as tf.whereAsync does)',
  'the value would be frozen at capture; return the tensor as an output, or compute with tensors (tf.where)',
];

export function drawsRandomNumbers(what: string): Refused {
  const kernel = STATELESS[what] ?? 'engine.kernels.randomUniform(shape, seed, step, stream)';
  return [
    `calls ${what}`,
    `its numbers would be the same at every call; use ${kernel}, with the step as an input, or draw before and pass the numbers as an input`,
  ];
}

/** @param op the name of one of tfjs-core's, without `tf.` */
export function refusedOp(op: string): Refused | undefined {
  return RANDOM_OPS.has(op) ? drawsRandomNumbers(`tf.${op}`) : undefined;
}

/** @param isComputed whether a tensor has another value at each call */
export function refusedKernel(
  { kernelName = '', inputs = {}, attrs }: KernelCall,
  isComputed: (tensor: Tensor) => boolean,
): Refused | undefined {
  const { indices } = inputs;
  if (kernelName === 'GatherV2' && isComputed(indices as Tensor)) {
    return [
      'calls tf.gather with computed indices',
      'tfjs reads them to check them; use tf.gatherND, or multiply by tf.oneHot(indices, depth)',
    ];
  }
  const op = SIZED_BY_VALUES[kernelName];
  if (!op || (attrs as { padToMaxOutputSize?: boolean } | undefined)?.padToMaxOutputSize) return undefined;
  if (!tensorsOf(inputs).some(isComputed)) return undefined;
  return [
    `calls ${op} on computed values, which decide the size of its result`,
    'the size would be frozen at capture; keep to a fixed size (tf.where, tf.topk, tf.image.nonMaxSuppressionPadded with padToMaxOutputSize), or return what it is called on as an output',
  ];
}

export function tensorsOf(inputs: KernelCall['inputs'] = {}): Tensor[] {
  return Object.values(inputs).flatMap((input) => input ?? []);
}
