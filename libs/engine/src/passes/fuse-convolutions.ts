import { attributeOf, DATA_TYPES, type Graph, type GraphNode, usersOf } from '../capture/graph.js';
import type { GraphPass } from './graph-pass.js';

const FUSED: Readonly<Record<string, string>> = {
  Conv2D: '_FusedConv2D',
  DepthwiseConv2dNative: '_FusedDepthwiseConv2dNative',
};
/** The ops that TensorFlow makes of them for oneDNN. */
const ONE_DNN: Readonly<Record<string, string>> = {
  _FusedConv2D: '_MklNativeFusedConv2D',
  _FusedDepthwiseConv2dNative: '_MklNativeFusedDepthwiseConv2dNative',
};
const ADDITIONS = new Set(['Add', 'AddV2']);
/** Attributes that a convolution and its fused form share. */
const SHARED = new Set(['T', 'strides', 'padding', 'explicit_paddings', 'data_format', 'dilations']);

/**
 * Joins a convolution with what is done to each number of its result: a bias, the sum at the end of a residual block, an
 * activation. oneDNN does all of it while it writes the result, instead of reading and writing it once more for each.
 * TensorFlow's own optimizer joins some of these, but not a bias after a convolution with a constant filter.
 */
export const fuseConvolutions: GraphPass = (graph) => {
  const users = usersOf(graph);
  const onlyUser = (node: GraphNode): GraphNode | undefined => {
    const [user, ...others] = users.get(node.name) ?? [];
    const once = user?.inputs.filter((input) => input.startsWith(node.name)).length === 1;
    return others.length === 0 && once && !node.named ? user : undefined;
  };
  for (const convolution of [...graph.nodes]) {
    const op = fusedOpOf(convolution);
    const bias = op && attributeOf(convolution, 'T') === DATA_TYPES.float32 ? onlyUser(convolution) : undefined;
    if (op === undefined || bias?.op !== 'BiasAdd' || hasControl(bias) || hasControl(convolution)) continue;
    const operations = ['BiasAdd'];
    const operands = [bias.inputs[1]!];
    let last = bias;
    const sum = onlyUser(last);
    if (convolution.op === 'Conv2D' && sum && ADDITIONS.has(sum.op) && isSumOfAlike(graph, sum)) {
      operations.push('Add');
      operands.push(sum.inputs.find((input) => input !== `${bias.name}:0`)!);
      last = sum;
    }
    const activation = onlyUser(last);
    if (activation?.op === 'Relu' || (activation?.op === 'Relu6' && last === bias)) {
      operations.push(activation.op);
      last = activation;
    }
    const { inputs, attributes } = convolution;
    const constantFilter = graph.nodeOf(inputs[1]!)?.op === 'Const';
    last.op = constantFilter ? ONE_DNN[op]! : op;
    last.inputs = [inputs[0]!, inputs[1]!, ...operands];
    last.attributes = [
      ...attributes.filter(({ name }) => SHARED.has(name)),
      { name: 'num_args', type: graph.binding.TF_ATTR_INT, value: operands.length },
      { name: 'fused_ops', type: graph.binding.TF_ATTR_STRING, value: operations },
      ...(convolution.op === 'Conv2D' ? [typesOf(graph, operands.length)] : []),
      ...(constantFilter ? constantFilterAttributes(graph) : []),
    ];
  }
  return graph;
};

/** The fused depthwise convolution knows no explicit padding. */
function fusedOpOf(node: GraphNode): string | undefined {
  const explicit = attributeOf(node, 'padding') === 'EXPLICIT';
  return node.op === 'DepthwiseConv2dNative' && explicit ? undefined : FUSED[node.op];
}

/** The operands have the sum's shape: nothing is broadcast. */
function isSumOfAlike(graph: Graph, sum: GraphNode): boolean {
  const shape = sum.shapes?.[0]?.join();
  return (
    attributeOf(sum, 'T') === DATA_TYPES.float32 &&
    sum.inputs.length === 2 &&
    sum.inputs.every((input) => input.endsWith(':0') && graph.nodeOf(input)?.shapes?.[0]?.join() === shape)
  );
}

function hasControl(node: GraphNode): boolean {
  return node.inputs.some((input) => input.startsWith('^'));
}

/**
 * With a filter that TensorFlow can see to be constant it brings it into oneDNN's layout once, not at every call; a
 * constant that is kept in a variable has to be called so.
 */
function constantFilterAttributes(graph: Graph) {
  return [graph.bool('is_filter_const', true), graph.text('_kernel', 'MklNameChangeOp')];
}

function typesOf(graph: Graph, count: number) {
  const value = new Array<number>(count).fill(DATA_TYPES.float32);
  return { name: 'TArgs', type: graph.binding.TF_ATTR_TYPE, value };
}
