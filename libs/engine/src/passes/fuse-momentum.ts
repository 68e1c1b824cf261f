import { type Graph, type GraphNode, usersOf } from '../capture/graph.js';
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
 * A parameter's step by momentum, as it stands in a graph: v ← μ·v + g and w ← w − lr·v, or with Nesterov's momentum
 * w ← w − (lr·g + lr·(μ·v)).
 */
interface MomentumStep {
  weight: GraphNode;
  velocity: GraphNode;
  nesterov: boolean;
  gradient: string;
  momentum: string;
  learningRate: string;
}

/**
 * Joins a parameter's step by momentum into one op that changes weight and velocity where they are: the same numbers
 * with four nodes less for each parameter, two thirds of the memory read and written, and no new copies of both.
 */
export const fuseMomentum: GraphPass = (graph) => {
  const users = usersOf(graph);
  for (const node of [...graph.nodes]) {
    const step = node.op === 'AssignVariableOp' ? stepOf(graph, users, node) : undefined;
    if (!step) continue;
    const { weight, velocity, nesterov, gradient, momentum, learningRate } = step;
    joinAssignments(graph, [weight, velocity], {
      op: 'ResourceApplyMomentum',
      inputs: [learningRate, gradient, momentum, ...waitsOf([weight, velocity])],
      attributes: [graph.bool('use_nesterov', nesterov)],
    });
  }
  return graph;
};

function stepOf(graph: Graph, users: Users, weight: GraphNode): MomentumStep | undefined {
  const moved = madeBy(graph, weight.inputs[1], 'Sub');
  const change = madeBy(graph, moved?.inputs[1], 'Mul', ...SUMS);
  const nesterov = change !== undefined && change.op !== 'Mul';
  // Of Nesterov's change lr·g + lr·(μ·v): its summands, and in the second one μ·v.
  const ofGradient = nesterov ? madeBy(graph, change.inputs[0], 'Mul') : undefined;
  const ofVelocity = nesterov ? madeBy(graph, change.inputs[1], 'Mul') : change;
  const ahead = nesterov ? madeBy(graph, ofVelocity?.inputs[0], 'Mul') : undefined;
  const next = madeBy(graph, (ahead ?? ofVelocity)?.inputs[0], ...SUMS);
  const kept = madeBy(graph, next?.inputs[0], 'Mul');
  if (!moved || !change || !ofVelocity || !next || !kept) return undefined;
  if (nesterov && !(ofGradient && ahead)) return undefined;
  const between = [moved, change, ofVelocity, ofGradient, ahead, kept].filter((node) => node !== undefined);
  if (!between.every((node) => hasUsers(users, node, 1)) || !hasUsers(users, next, 2)) return undefined;
  const velocity = users.get(next.name)!.find(({ op }) => op === 'AssignVariableOp');
  const [, gradient] = next.inputs;
  const [, momentum] = kept.inputs;
  const [, learningRate] = ofVelocity.inputs;
  const shape = shapeOf(graph, gradient!);
  const fits =
    velocity !== undefined &&
    (!ofGradient || (ofGradient.inputs[0] === gradient && ofGradient.inputs[1] === learningRate)) &&
    (!ahead || isSameConstant(graph, ahead.inputs[1]!, momentum!)) &&
    readsVariable(graph, moved.inputs[0]!, weight) &&
    readsVariable(graph, kept.inputs[0]!, velocity) &&
    shape !== undefined &&
    shape === moved.shapes?.[0]?.join() &&
    shape === next.shapes?.[0]?.join() &&
    shapeOf(graph, momentum!) === '' &&
    shapeOf(graph, learningRate!) === '';
  return fits
    ? { weight, velocity, nesterov, gradient: gradient!, momentum: momentum!, learningRate: learningRate! }
    : undefined;
}

/** Both are scalar constants of the same bits. */
function isSameConstant(graph: Graph, one: string, other: string): boolean {
  const [a, b] = [one, other].map((tensor) => graph.nodeOf(tensor)?.value);
  if (a === b) return a !== undefined;
  if (a === undefined || b === undefined || a.shape.length > 0 || b.shape.length > 0) return false;
  return a.dtype === b.dtype && Buffer.compare(a.content, b.content) === 0;
}
