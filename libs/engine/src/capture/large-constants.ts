import { type ConstantValue, DATA_TYPES, type Graph } from './graph.js';
import { sizeOf } from './output-shapes.js';
import { addPush, addVariable, type SessionVariable } from './session-variable.js';

/** Below, a constant costs nothing and TensorFlow may compute with it in advance. Bytes. */
const LARGE_BYTES = 16 * 1024;

/** A large constant and the variable that holds it. */
export interface LargeConstant {
  variable: SessionVariable;
  value: ConstantValue;
}

/** The op that sets all of them. */
export const CONSTANTS_PUSHED = 'constants_pushed';

/**
 * Makes the large constants of a graph variables of its session, to be fed once it is loaded. TensorFlow keeps a constant
 * in each of the graphs that it makes of the one it reads, about six times; a variable once.
 */
export function takeLargeConstants(graph: Graph): LargeConstant[] {
  const taken: LargeConstant[] = [];
  for (const node of [...graph.nodes]) {
    const { value } = node;
    if (value?.dtype !== DATA_TYPES.float32 || 4 * sizeOf(value.shape) < LARGE_BYTES) continue;
    const variable = addVariable(graph, `_constant${taken.length}`, value);
    graph.put({
      ...node,
      op: 'Identity',
      inputs: [`${variable.read}:0`, ...node.inputs],
      attributes: [graph.type('T', value.dtype)],
      value: undefined,
    });
    taken.push({ variable, value });
  }
  if (taken.length > 0) {
    addPush(
      graph,
      CONSTANTS_PUSHED,
      taken.map(({ variable }) => variable),
    );
  }
  return taken;
}
