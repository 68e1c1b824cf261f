// What the passes that join the whole step of a parameter ask of a graph.
import { attributeOf, DATA_TYPES, type Graph, type GraphNode } from '../capture/graph.js';

/** By node, the nodes that use what it makes or wait for it: `usersOf`. */
export type Users = ReadonlyMap<string, readonly GraphNode[]>;

/** The ops that add two tensors. */
export const SUMS = ['Add', 'AddV2'];

/** The node that makes a tensor as its first output, where it is one of these ops, on float32. */
export function madeBy(graph: Graph, tensor: string | undefined, ...ops: readonly string[]): GraphNode | undefined {
  const node = tensor?.endsWith(':0') ? graph.nodeOf(tensor) : undefined;
  return node && ops.includes(node.op) && attributeOf(node, 'T') === DATA_TYPES.float32 ? node : undefined;
}

/** Nothing else but so many nodes needs what this one makes. */
export function hasUsers(users: Users, node: GraphNode, count: number): boolean {
  return !node.named && users.get(node.name)?.length === count;
}

/** The tensor is what was in the variable that the assignment sets. */
export function readsVariable(graph: Graph, tensor: string, assignment: GraphNode): boolean {
  const read = graph.nodeOf(tensor);
  return read?.op === 'ReadVariableOp' && read.inputs[0] === assignment.inputs[0];
}

/** A tensor's shape as text, `''` for a scalar; `undefined` where it is not known. */
export function shapeOf(graph: Graph, tensor: string): string | undefined {
  const node = graph.nodeOf(tensor);
  if (node?.value) return node.value.shape.join();
  const placeholder = node?.op === 'Placeholder' ? (attributeOf(node, 'shape') as readonly number[]) : undefined;
  return (placeholder ?? node?.shapes?.[Number(tensor.split(':')[1])])?.join();
}

/** What assignments wait for: their control inputs. */
export function waitsOf(assignments: readonly GraphNode[]): string[] {
  return assignments.flatMap(({ inputs }) => inputs.filter((input) => input.startsWith('^')));
}

/**
 * Puts one op in the place of the assignments to a weight and to its slots, whose variables are its first inputs. Whoever
 * waits for one of the assignments waits for it.
 */
export function joinAssignments(
  graph: Graph,
  [weight, ...slots]: readonly [GraphNode, ...GraphNode[]],
  { op, inputs, attributes = [] }: { op: string; inputs: readonly string[]; attributes?: GraphNode['attributes'] },
): void {
  graph.put({
    ...weight,
    op,
    inputs: [...[weight, ...slots].map((assignment) => assignment.inputs[0]!), ...inputs],
    attributes: [graph.type('T', DATA_TYPES.float32), ...attributes],
  });
  for (const slot of slots) graph.put({ ...slot, op: 'NoOp', inputs: [`^${weight.name}`], attributes: [] });
}
