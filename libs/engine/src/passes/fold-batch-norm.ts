import { attributeOf, DATA_TYPES, floatsIn, type Graph, usersOf } from '../capture/graph.js';
import type { GraphPass } from './graph-pass.js';

const CONVOLUTIONS = new Set(['Conv2D', 'DepthwiseConv2dNative']);

/**
 * Folds batch normalisation with constant statistics into the constant filter of the convolution before it:
 * γ·(w∗x − μ)/√(σ² + ε) + β = (γ/√(σ² + ε))·w ∗ x + (β − γμ/√(σ² + ε)). What stays is a bias, which oneDNN adds together
 * with the activation, and at a residual the sum, while it writes the convolution's result.
 */
export const foldBatchNorm: GraphPass = (graph) => {
  const users = usersOf(graph);
  for (const node of graph.nodes) {
    if (node.op !== 'FusedBatchNormV3' || attributeOf(node, 'is_training') !== false) continue;
    if (node.inputs.some((input) => input.startsWith('^'))) continue;
    const convolution = graph.nodeOf(node.inputs[0]!);
    if (!convolution || !CONVOLUTIONS.has(convolution.op) || users.get(convolution.name)?.length !== 1) continue;
    const filter = graph.nodeOf(convolution.inputs[1]!)?.value;
    const [scale, offset, mean, variance] = node.inputs.slice(1, 5).map((input) => floatsOf(graph, input));
    if (filter?.dtype !== DATA_TYPES.float32 || !scale || !offset || !mean || !variance) continue;
    const epsilon = attributeOf(node, 'epsilon') as number;
    const factors = scale.map((value, channel) => value / Math.sqrt(variance[channel]! + epsilon));
    const bias = Float32Array.from(offset, (value, channel) => value - mean[channel]! * factors[channel]!);
    // Output channels are a filter's last axis, or of a depthwise one the last two together.
    const folded = () => floatsIn(filter.content).map((weight, i) => weight * factors[i % factors.length]!);
    convolution.inputs[1] = constantOf(graph, filter.shape, folded);
    node.inputs = [node.inputs[0]!];
    node.shapes = node.shapes?.slice(0, 1);
    if (convolution.op === 'DepthwiseConv2dNative' && attributeOf(convolution, 'padding') === 'EXPLICIT') {
      // As a sum, TensorFlow's optimizer would fuse it into what knows no EXPLICIT padding, and end the process.
      node.op = 'Sub';
      node.inputs.push(constantOf(graph, [bias.length], () => bias.map((value) => -value)));
      node.attributes = [graph.type('T', DATA_TYPES.float32)];
    } else {
      node.op = 'BiasAdd';
      node.inputs.push(constantOf(graph, [bias.length], () => bias));
      node.attributes = [graph.type('T', DATA_TYPES.float32), graph.text('data_format', 'NHWC')];
    }
  }
  return graph;
};

/** @param values computed when they are asked for, so that a network's filters are never all there at once */
function constantOf(graph: Graph, shape: readonly number[], values: () => Float32Array): string {
  return graph.constant({
    shape,
    dtype: DATA_TYPES.float32,
    get content() {
      const { buffer, byteOffset, byteLength } = values();
      return new Uint8Array(buffer, byteOffset, byteLength);
    },
  });
}

function floatsOf(graph: Graph, tensor: string): number[] | undefined {
  const value = graph.nodeOf(tensor)?.value;
  return value?.dtype === DATA_TYPES.float32 ? Array.from(floatsIn(value.content)) : undefined;
}
