import { attributeOf, DATA_TYPES, type Graph } from '../capture/graph.js';
import type { GraphPass } from './graph-pass.js';

/** Ops that multiply in bfloat16, and which of their inputs are numbers (the others are shapes). */
const OPS: Readonly<Record<string, readonly number[]>> = {
  Conv2D: [0, 1],
  Conv2DBackpropFilter: [0, 2],
  Conv2DBackpropInput: [1, 2],
  MatMul: [0, 1],
  BatchMatMulV2: [0, 1],
};

/**
 * Mixed precision: convolutions, their gradients and matrix products get bfloat16 inputs and their results become
 * float32 again. Weights, statistics, losses and updates are float32 throughout, so that no loss scaling is needed:
 * bfloat16 has float32's exponent (Kalamkar et al., "A study of bfloat16 for deep learning training", 2019).
 * Depthwise convolutions stay in float32 too: they multiply little for the numbers that they would have to cast.
 */
export const bfloat16: GraphPass = (graph) => {
  const result = graph.emptied();
  const lowered = new Map<string, string>();
  const raised = new Map<string, string>();
  const lower = (tensor: string): string => {
    const known = lowered.get(tensor);
    if (known !== undefined) return known;
    const made = cast(result, tensor, DATA_TYPES.float32, DATA_TYPES.bfloat16);
    lowered.set(tensor, made);
    return made;
  };
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((input) => raised.get(input) ?? input);
    const numbers = attributeOf(node, 'T') === DATA_TYPES.float32 ? OPS[node.op] : undefined;
    if (!numbers) {
      result.put({ ...node, inputs });
      continue;
    }
    result.put({
      ...node,
      inputs: inputs.map((input, i) => (numbers.includes(i) ? lower(input) : input)),
      attributes: node.attributes.map((attribute) =>
        attribute.name === 'T' ? graph.type('T', DATA_TYPES.bfloat16) : attribute,
      ),
    });
    const output = `${node.name}:0`;
    raised.set(output, cast(result, output, DATA_TYPES.bfloat16, DATA_TYPES.float32));
  }
  return result;
};

function cast(graph: Graph, tensor: string, from: number, to: number): string {
  return `${graph.node('Cast', [tensor], [graph.type('SrcT', from), graph.type('DstT', to)])}:0`;
}
