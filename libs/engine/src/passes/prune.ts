import { nodeName } from '../capture/graph.js';
import type { GraphPass } from './graph-pass.js';

/** Leaves out what no named node needs, such as gradients that nobody asked for and weights that were folded. */
export const prune: GraphPass = (graph) => {
  const needed = new Set<string>();
  const pending = [...graph.nodes].filter(({ named }) => named).map(({ name }) => name);
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (needed.has(name)) continue;
    needed.add(name);
    pending.push(...(graph.nodeOf(name)?.inputs ?? []).map(nodeName));
  }
  const result = graph.emptied();
  for (const node of graph.nodes) if (needed.has(node.name)) result.put(node);
  return result;
};
