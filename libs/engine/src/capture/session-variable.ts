import { DATA_TYPES, type Graph } from './graph.js';

/** A variable of a graph's session: where it is read, and what it is fed through to be set. Names of nodes. */
export interface SessionVariable {
  readonly dtype: number;
  readonly handle: string;
  readonly read: string;
  readonly feed: string;
}

interface Content {
  dtype: number;
  shape: readonly number[];
}

/** @param name of its three nodes: `vNAME`, `readNAME` and `feedNAME` */
export function addVariable(graph: Graph, name: string, { dtype, shape }: Content): SessionVariable {
  const type = graph.type('dtype', dtype);
  const attributes = [type, graph.shape('shape', shape)];
  const handle = graph.node('VarHandleOp', [], attributes, `v${name}`);
  const read = graph.node('ReadVariableOp', [`${handle}:0`], [type], `read${name}`);
  const feed = graph.node('Placeholder', [], attributes, `feed${name}`);
  return { dtype, handle, read, feed };
}

/** @returns the node that assigns a tensor to the variable when all of `after` is done */
export function addAssignment(
  graph: Graph,
  { dtype, handle }: SessionVariable,
  tensor: string,
  after: readonly string[] = [],
): string {
  return graph.node('AssignVariableOp', [`${handle}:0`, tensor, ...after], [graph.type('dtype', dtype)]);
}

/** An op that sets variables to what is fed for them. */
export function addPush(graph: Graph, name: string, variables: readonly SessionVariable[]): string {
  const assignments = variables.map((variable) => `^${addAssignment(graph, variable, `${variable.feed}:0`)}`);
  return addBarrier(graph, name, assignments);
}

/** An op that is done when all of `after` are: a session fetches tensors only. */
export function addBarrier(graph: Graph, name: string, after: readonly string[]): string {
  const dtype = DATA_TYPES.float32;
  const nothing = graph.constant({ shape: [], dtype, content: new Uint8Array(4) });
  return graph.node('Identity', [nothing, ...after], [graph.type('T', dtype)], name);
}
