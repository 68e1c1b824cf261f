import type { OpAttribute, TensorflowBinding } from '../load/tensorflow-backend.js';

/** One op of a TensorFlow graph. A tensor is named `node:output`, a control input `^node`. */
export interface GraphNode {
  readonly name: string;
  /** Its name was chosen: it is part of what a session feeds, fetches or keeps. */
  readonly named: boolean;
  op: string;
  /** Data inputs, then control inputs. */
  inputs: string[];
  attributes: OpAttribute[];
  /** A Const's value. */
  value?: ConstantValue;
  /** Shapes of its outputs, where they are known. */
  shapes?: readonly (readonly number[])[];
  /** The part of the program that it was made for; shared where `undefined`. */
  readonly owner?: string;
}

export interface ConstantValue {
  shape: readonly number[];
  dtype: number;
  /** In TensorFlow's own layout. May be read, or computed, anew each time that it is asked for. */
  readonly content: Uint8Array;
}

/** TensorFlow's numbers of the types that graphs here use beyond tfjs's (tensorflow/core/framework/types.proto). */
export const DATA_TYPES = { float32: 1, int32: 3, uint8: 4, bool: 10, bfloat16: 14 } as const;

/** A TensorFlow graph under construction, in the order in which its nodes were made: inputs before their users. */
export class Graph {
  readonly #nodes = new Map<string, GraphNode>();
  #made = 0;
  #owner: string | undefined;

  constructor(readonly binding: TensorflowBinding) {}

  /** @returns a copy whose nodes can be changed without changing this graph's */
  copy(): Graph {
    const copy = this.emptied();
    for (const node of this.#nodes.values()) {
      copy.put({ ...node, inputs: [...node.inputs], attributes: [...node.attributes] });
    }
    return copy;
  }

  /** @returns a graph without nodes, whose made-up names will be none of this graph's */
  emptied(): Graph {
    const graph = new Graph(this.binding);
    graph.#made = this.#made;
    return graph;
  }

  /** Adds a node as it is, or replaces the one of its name. */
  put(node: GraphNode): void {
    this.#nodes.set(node.name, node);
  }

  get nodes(): Iterable<GraphNode> {
    return this.#nodes.values();
  }

  /** What `work` adds belongs to `owner`, and can be removed with it. */
  owned<T>(owner: string, work: () => T): T {
    const before = this.#owner;
    this.#owner = owner;
    try {
      return work();
    } finally {
      this.#owner = before;
    }
  }

  remove(owner: string): void {
    for (const node of this.#nodes.values()) if (node.owner === owner) this.#nodes.delete(node.name);
  }

  /** The node that makes a tensor. */
  nodeOf(tensor: string): GraphNode | undefined {
    return this.#nodes.get(nodeName(tensor));
  }

  /** @returns the node's name, made up when none is given */
  node(op: string, inputs: readonly string[], attributes: readonly OpAttribute[], name?: string): string {
    return this.#add({ op, inputs: inDataOrder(inputs), attributes: [...attributes] }, name);
  }

  /** @returns the tensor's name */
  constant(value: ConstantValue): string {
    const attributes = [this.type('dtype', value.dtype)];
    return `${this.#add({ op: 'Const', inputs: [], attributes, value })}:0`;
  }

  type(name: string, dtype: number): OpAttribute {
    return { name, type: this.binding.TF_ATTR_TYPE, value: dtype };
  }

  bool(name: string, value: boolean): OpAttribute {
    return { name, type: this.binding.TF_ATTR_BOOL, value };
  }

  shape(name: string, shape: readonly number[]): OpAttribute {
    return { name, type: this.binding.TF_ATTR_SHAPE, value: shape };
  }

  text(name: string, value: string): OpAttribute {
    return { name, type: this.binding.TF_ATTR_STRING, value };
  }

  integers(name: string, value: readonly number[]): OpAttribute {
    return { name, type: this.binding.TF_ATTR_INT, value };
  }

  #add(node: Omit<GraphNode, 'name' | 'named' | 'owner'>, given?: string): string {
    const name = given ?? `n${this.#made++}_${node.op}`;
    const owner = this.#owner === undefined ? {} : { owner: this.#owner };
    this.#nodes.set(name, { ...node, ...owner, name, named: given !== undefined });
    return name;
  }
}

/** The numbers of a float32 constant: not to be written to. */
export function floatsIn(content: Uint8Array): Float32Array {
  // Bytes of another array need not begin where a number may.
  const { buffer, byteOffset, byteLength } = content.byteOffset % 4 === 0 ? content : content.slice();
  return new Float32Array(buffer, byteOffset, byteLength / 4);
}

/** An attribute's value by name. */
export function attributeOf(node: GraphNode, name: string): OpAttribute['value'] | undefined {
  return node.attributes.find((attribute) => attribute.name === name)?.value;
}

/** The node that a data or control input comes from. */
export function nodeName(input: string): string {
  return input.replace(/^\^/, '').split(':', 1)[0]!;
}

/** By node, the nodes that use one of its outputs or wait for it. */
export function usersOf(graph: Graph): Map<string, GraphNode[]> {
  const users = new Map<string, GraphNode[]>();
  for (const node of graph.nodes) {
    for (const input of new Set(node.inputs.map(nodeName))) {
      const known = users.get(input);
      if (known) known.push(node);
      else users.set(input, [node]);
    }
  }
  return users;
}

/** Control inputs must follow the data inputs. */
function inDataOrder(inputs: readonly string[]): string[] {
  return [...inputs].sort((a, b) => Number(a.startsWith('^')) - Number(b.startsWith('^')));
}
