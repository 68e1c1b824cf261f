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

/** Both are scalar constants of the same bits. */
export function isSameConstant(graph: Graph, one: string, other: string): boolean {
  const [a, b] = [one, other].map((tensor) => graph.nodeOf(tensor)?.value);
  if (a === b) return a !== undefined;
  if (a === undefined || b === undefined || a.shape.length > 0 || b.shape.length > 0) return false;
  return a.dtype === b.dtype && Buffer.compare(a.content, b.content) === 0;
}
