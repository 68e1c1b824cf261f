import { createRequire } from 'node:module';
import { beforeAll, describe, expect, it } from 'vitest';
import { testTensorflow } from '../../../../test/services/test-services.js';
import { attributeOf, DATA_TYPES, Graph, type GraphNode } from '../capture/graph.js';
import { addAssignment, addVariable } from '../capture/session-variable.js';
import type { Tf } from '../engine.js';
import { loadEngine } from '../load/load-engine.js';
import type { TensorflowBackend } from '../load/tensorflow-backend.js';
import { fuseMomentum } from './fuse-momentum.js';

const tf = createRequire(import.meta.url)('@tensorflow/tfjs') as Tf;
const tensorflow = await testTensorflow();

describe.skipIf(tensorflow === undefined)('a step by momentum', () => {
  beforeAll(async () => {
    await loadEngine({ backend: 'tensorflow' });
  });

  interface Step {
    /** What else is made of the new velocity. */
    more?: (graph: Graph, next: string) => void;
    /** Of the learning rate. */
    rank?: number;
    /** What the new velocity is multiplied with before it is added to the gradient; default: it is not. */
    nesterov?: number;
  }

  /** v ← μ·v + g and w ← w − lr·v, or with Nesterov w ← w − (lr·g + lr·(μ·v)), in a graph; μ = 0.9. */
  function graphOfStep({ more = () => undefined, rank = 0, nesterov }: Step = {}): GraphNode[] {
    const graph = new Graph((tf.backend() as unknown as TensorflowBackend).binding);
    const dtype = DATA_TYPES.float32;
    const type = graph.type('T', dtype);
    const shape = [2, 3];
    const node = (op: string, inputs: string[]): string => {
      const name = graph.node(op, inputs, [type]);
      graph.nodeOf(name)!.shapes = [shape];
      return `${name}:0`;
    };
    const fed = (name: string, size: number[]) =>
      `${graph.node('Placeholder', [], [graph.type('dtype', dtype), graph.shape('shape', size)], name)}:0`;
    const [w, v] = ['w', 'v'].map((name) => addVariable(graph, name, { dtype, shape }));
    const scalar = (value: number) =>
      graph.constant({ shape: [], dtype, content: new Uint8Array(Float32Array.of(value).buffer) });
    const gradient = fed('gradient', shape);
    const next = node('Add', [node('Mul', [`${v!.read}:0`, scalar(0.9)]), gradient]);
    const learningRate = fed('learningRate', new Array<number>(rank).fill(1));
    const times = (tensor: string) => node('Mul', [tensor, learningRate]);
    const change =
      nesterov === undefined
        ? times(next)
        : node('AddV2', [times(gradient), times(node('Mul', [next, scalar(nesterov)]))]);
    const moved = node('Sub', [`${w!.read}:0`, change]);
    const assignments = [addAssignment(graph, v!, next), addAssignment(graph, w!, moved, [`^${w!.read}`])];
    graph.node(
      'NoOp',
      assignments.map((name) => `^${name}`),
      [],
      'done',
    );
    more(graph, next);
    return [...fuseMomentum(graph).nodes];
  }

  const fusedIn = (nodes: GraphNode[]) => nodes.filter(({ op }) => op === 'ResourceApplyMomentum');

  it('becomes one op, for which all wait who waited for the two assignments', () => {
    const nodes = graphOfStep();
    const [fused, ...others] = fusedIn(nodes);
    expect(others).toEqual([]);
    const [weight, velocity, learningRate, gradient, , ...after] = fused!.inputs;
    expect([weight, velocity, learningRate, gradient]).toEqual(['vw:0', 'vv:0', 'learningRate:0', 'gradient:0']);
    expect(after).toEqual(['^readw']);
    const byName = new Map(nodes.map((node) => [node.name, node]));
    const waited = byName.get('done')!.inputs.map((input) => byName.get(input.slice(1))!);
    expect(waited.map(({ op }) => op).sort()).toEqual(['NoOp', 'ResourceApplyMomentum']);
    expect(waited.find(({ op }) => op === 'NoOp')!.inputs).toEqual([`^${fused!.name}`]);
  });

  it('stays as it is where something else needs the new velocity, or where the learning rate is not one number', () => {
    expect(fusedIn(graphOfStep({ more: (graph, next) => graph.node('Sqrt', [next], [], 'other') }))).toEqual([]);
    expect(fusedIn(graphOfStep({ rank: 1 }))).toEqual([]);
  });

  it("is known as Nesterov's where the velocity looks ahead by the same momentum", () => {
    const [fused] = fusedIn(graphOfStep({ nesterov: 0.9 }));
    expect(fused!.inputs.slice(0, 4)).toEqual(['vw:0', 'vv:0', 'learningRate:0', 'gradient:0']);
    expect(attributeOf(fused!, 'use_nesterov')).toBe(true);
    expect(attributeOf(fusedIn(graphOfStep())[0]!, 'use_nesterov')).toBe(false);
    expect(fusedIn(graphOfStep({ nesterov: 0.5 }))).toEqual([]);
  });
});
