import { DATA_TYPES, floatsIn, type Graph, type GraphNode, usersOf } from '../capture/graph.js';
import type { GraphPass } from './graph-pass.js';
import {
  hasUsers,
  joinAssignments,
  madeBy,
  readsVariable,
  shapeOf,
  SUMS,
  type Users,
  waitsOf,
} from './parameter-step.js';

/**
 * A parameter's step by AdamW, as it stands in a graph: m ← m + (g − m)·(1 − β₁), v ← v + (g² − v)·(1 − β₂) and
 * w ← w' − m·α / (√v + ε), where w' is w, or w times one number.
 */
interface AdamStep {
  weight: GraphNode;
  first: Moment;
  second: Moment;
  gradient: string;
  /** α: scalar, the learning rate with its bias correction. */
  rate: string;
  epsilon: string;
  /** w', where it is not w itself. */
  decayed: GraphNode | undefined;
}

interface Moment {
  /** The node that assigns it. */
  assignment: GraphNode;
  /** The tensor towards which the moment moves: g, or g². */
  value: string;
  /** 1 − β, as the graph has it. */
  share: number;
}

/**
 * Joins a parameter's step by AdamW into one op that changes the weight and both moments where they are, after one that
 * decays the weight: the same numbers with a third of the memory read and written.
 */
export const fuseAdam: GraphPass = (graph) => {
  const users = usersOf(graph);
  const constants = new Map<number, string>();
  const constant = (value: number): string => {
    const content = new Uint8Array(Float32Array.of(value).buffer);
    const known = constants.get(value) ?? graph.constant({ shape: [], dtype: DATA_TYPES.float32, content });
    constants.set(value, known);
    return known;
  };
  for (const node of [...graph.nodes]) {
    const step = node.op === 'AssignVariableOp' ? stepOf(graph, users, node) : undefined;
    if (!step) continue;
    const { weight, first, second, gradient, rate, epsilon, decayed } = step;
    const assignments = [weight, first.assignment, second.assignment] as const;
    let after = waitsOf(assignments);
    if (decayed) {
      const inputs = [weight.inputs[0]!, `${decayed.name}:0`, ...after];
      after = [`^${graph.node('AssignVariableOp', inputs, weight.attributes)}`];
    }
    joinAssignments(graph, assignments, {
      op: 'ResourceApplyAdam',
      inputs: [
        // The powers of β₁ and β₂ that would correct the bias: it is corrected already.
        ...[constant(0), constant(0), rate],
        ...[constant(1 - first.share), constant(1 - second.share), epsilon, gradient],
        ...after,
      ],
    });
  }
  return graph;
};

function stepOf(graph: Graph, users: Users, weight: GraphNode): AdamStep | undefined {
  const made = (node: GraphNode | undefined, input: number, ...ops: readonly string[]) =>
    node && madeBy(graph, node.inputs[input], ...ops);
  const moved = made(weight, 1, 'Sub');
  const change = made(moved, 1, 'RealDiv');
  const scaled = made(change, 0, 'Mul');
  const shifted = made(change, 1, ...SUMS);
  const root = made(shifted, 0, 'Sqrt');
  if (!moved || !change || !scaled || !shifted || !root) return undefined;
  const first = momentOf(graph, users, scaled.inputs[0]!);
  const second = momentOf(graph, users, root.inputs[0]!);
  const square = second && madeBy(graph, second.value, 'Square');
  if (!first || !second || !square) return undefined;
  const between = [moved, change, scaled, shifted, root, square];
  if (!between.every((node) => hasUsers(users, node, 1))) return undefined;
  const gradient = first.value;
  const rate = scaled.inputs[1]!;
  const epsilon = shifted.inputs[1]!;
  const decayed = readsVariable(graph, moved.inputs[0]!, weight) ? undefined : made(moved, 0, 'Mul');
  const shape = shapeOf(graph, gradient);
  const fits =
    square.inputs[0] === gradient &&
    shape !== undefined &&
    [moved, scaled, root].every((node) => node.shapes?.[0]?.join() === shape) &&
    [rate, epsilon].every((tensor) => shapeOf(graph, tensor) === '') &&
    (decayed
      ? hasUsers(users, decayed, 1) && readsVariable(graph, decayed.inputs[0]!, weight)
      : readsVariable(graph, moved.inputs[0]!, weight));
  return fits ? { weight, first, second, gradient, rate, epsilon, decayed } : undefined;
}

/** m + (x − m)·(1 − β), needed by the assignment to m and the step alone. */
function momentOf(graph: Graph, users: Users, tensor: string): Moment | undefined {
  const next = madeBy(graph, tensor, ...SUMS);
  const part = madeBy(graph, next?.inputs[1], 'Mul');
  const distance = madeBy(graph, part?.inputs[0], 'Sub');
  if (!next || !part || !distance) return undefined;
  if (!hasUsers(users, next, 2) || ![part, distance].every((node) => hasUsers(users, node, 1))) return undefined;
  const assignment = users.get(next.name)!.find(({ op }) => op === 'AssignVariableOp');
  const [value, before] = distance.inputs;
  const share = graph.nodeOf(part.inputs[1]!)?.value;
  const fits =
    assignment !== undefined &&
    readsVariable(graph, before!, assignment) &&
    readsVariable(graph, next.inputs[0]!, assignment) &&
    share?.dtype === DATA_TYPES.float32 &&
    share.shape.length === 0;
  return fits ? { assignment, value: value!, share: floatsIn(share.content)[0]! } : undefined;
}
