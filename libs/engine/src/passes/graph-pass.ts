import type { Graph } from '../capture/graph.js';

/**
 * Rewrites a captured graph into one that computes the same faster. It may change the graph that it gets, or return
 * another one; the names of placeholders, variables and outputs stay. One file each.
 */
export type GraphPass = (graph: Graph) => Graph;
