import { attributeOf, type ConstantValue, DATA_TYPES, type Graph, type GraphNode, usersOf } from '../capture/graph.js';
import type { GraphPass } from './graph-pass.js';

/** Zeros above and below, left and right. */
type Padding = readonly [above: number, below: number, left: number, right: number];

const CONVOLUTIONS = new Set(['Conv2D', 'DepthwiseConv2dNative']);

/**
 * Takes zero padding into the convolutions that follow it. tfjs knows no padding with a gradient but TensorFlow's SAME,
 * so a strided convolution as PyTorch has it is written as a padded copy and a convolution without padding. With an
 * EXPLICIT padding TensorFlow does without the copy. Only where no gradient needs the copy as well: oneDNN has no
 * kernels for gradients with EXPLICIT padding, and TensorFlow's own took up to twice as long.
 */
export const explicitPadding: GraphPass = (graph) => {
  const users = usersOf(graph);
  for (const node of graph.nodes) {
    const padding = paddingOf(graph, node);
    const convolutions = users.get(node.name) ?? [];
    if (!padding || !convolutions.every((user) => isPlainConvolution(user, node))) continue;
    if (convolutions.some((user) => user.op === 'DepthwiseConv2dNative' && getsBias(users, user))) continue;
    for (const convolution of convolutions) {
      convolution.inputs[0] = node.inputs[0]!;
      convolution.attributes = [
        ...convolution.attributes.filter(({ name }) => name !== 'padding' && name !== 'explicit_paddings'),
        graph.text('padding', 'EXPLICIT'),
        graph.integers('explicit_paddings', [0, 0, ...padding, 0, 0]),
      ];
    }
  }
  return graph;
};

function isPlainConvolution(user: GraphNode, pad: GraphNode): boolean {
  const [image, ...others] = user.inputs;
  const padded = `${pad.name}:0`;
  return (
    CONVOLUTIONS.has(user.op) &&
    attributeOf(user, 'padding') === 'VALID' &&
    image === padded &&
    !others.includes(padded)
  );
}

/**
 * TensorFlow's optimizer would join the two into a fused depthwise convolution, which knows no EXPLICIT padding, and end
 * the process.
 */
function getsBias(users: ReadonlyMap<string, readonly GraphNode[]>, convolution: GraphNode): boolean {
  return (users.get(convolution.name) ?? []).some(({ op }) => op === 'BiasAdd' || op === 'Add' || op === 'AddV2');
}

/** What a node adds to the height and width of its image, where it does nothing else. */
function paddingOf(graph: Graph, node: GraphNode): Padding | undefined {
  if (node.op !== 'Pad' && node.op !== 'PadV2') return undefined;
  const amounts = integersOf(graph, node.inputs[1]!);
  const filler = node.inputs[2] === undefined ? undefined : graph.nodeOf(node.inputs[2])?.value;
  if (amounts?.length !== 8 || (node.op === 'PadV2' && (!filler || !isZero(filler)))) return undefined;
  const [before, after, above, below, left, right, first, last] = amounts as [
    ...[number, number, number, number],
    ...[number, number, number, number],
  ];
  return before + after + first + last === 0 ? [above, below, left, right] : undefined;
}

function integersOf(graph: Graph, tensor: string): number[] | undefined {
  const value = graph.nodeOf(tensor)?.value;
  if (value?.dtype !== DATA_TYPES.int32) return undefined;
  const { buffer, byteOffset, byteLength } = value.content.slice();
  return Array.from(new Int32Array(buffer, byteOffset, byteLength / 4));
}

function isZero({ content }: ConstantValue): boolean {
  return content.every((byte) => byte === 0);
}
