import type { Engine, Tensor, Variable } from '../engine.js';
import type { TensorflowBackend } from '../load/tensorflow-backend.js';
import { prune } from '../passes/prune.js';
import { CaptureError, refusal } from './capture-error.js';
import { DATA_TYPES, Graph, type GraphNode } from './graph.js';
import { refuseWhileCapturing } from './guards.js';
import { OpRecorder } from './op-recorder.js';
import { rehearse } from './rehearse.js';
import { savedModelOf } from './saved-model.js';
import { graphModelOf, type GraphModel } from './graph-model.js';

export interface GraphRequest {
  /** Weights, which become constants of the graph under these names. */
  constants: Readonly<Record<string, Variable>>;
  /** Name and shape of the one input, float32; `null` first: a batch of any size. */
  input: { name: string; shape: readonly [null, ...number[]] };
  /** Called eagerly with zeros, to be captured: see `ProgramFunction.run`. The outputs keep their names. */
  run(input: Tensor): Record<string, Tensor>;
}

/** A function with its weights, to be run elsewhere. */
export interface CapturedGraph {
  /** The bytes of a `saved_model.pb` with the signature `serving_default`. */
  savedModel(): Uint8Array;
  /** What TensorFlow.js loads. */
  graphModel(): GraphModel;
}

/** Where it stands first among recorded sizes, the batch is meant. */
const BATCH = 61;
/** What the function is called in refusals. */
const FUNCTION_NAME = 'graph';
const SIZED_OPS: Readonly<Record<string, number>> = { Slice: 2, Reshape: 1, Tile: 1, Fill: 0, BroadcastTo: 1 };
const CAN_LEAVE_OPEN = new Set(['Slice', 'Reshape']);

/**
 * Captures a function with its weights as one graph, for other programs: plain ops, no fusing, weights by name.
 * @throws CaptureError where the engine is not TensorFlow, or the function cannot be captured for any size of batch
 */
export function captureGraph(engine: Engine, request: GraphRequest): CapturedGraph {
  refuseWhileCapturing('captures a graph', 'capture it before or after');
  const { tf } = engine;
  if (engine.backend !== 'tensorflow') {
    throw new CaptureError(`A graph can be captured on TensorFlow alone, and this engine is ${engine.backend}`);
  }
  const { constants, input, run } = request;
  const backend = tf.backend() as unknown as TensorflowBackend;
  const graph = new Graph(backend.binding);
  const recorder = new OpRecorder(tf, graph);
  const weights = Object.entries(constants).map(([name, variable]) => {
    const dtype = backend.getDTypeInteger(variable.dtype);
    const values = variable.dataSync();
    const content = new Uint8Array(values.buffer, values.byteOffset, values.byteLength).slice();
    const shape = [...variable.shape];
    const attributes = [graph.type('dtype', dtype)];
    graph.put({
      name,
      named: false,
      op: 'Const',
      inputs: [],
      attributes,
      value: { shape, dtype, content },
      shapes: [shape],
    });
    return { variable, source: `${name}:0` };
  });
  const [, ...sizes] = input.shape;
  const signed = { name: input.name, shape: [-1, ...sizes] };
  const attributes = [graph.type('dtype', DATA_TYPES.float32), graph.shape('shape', signed.shape)];
  const placeholder = graph.node('Placeholder', [], attributes, input.name);
  const sized = { [input.name]: { shape: [BATCH, ...sizes], dtype: 'float32' as const } };
  const { result: outputs } = rehearse(
    tf,
    { functionName: FUNCTION_NAME, run: (inputs) => run(inputs[input.name]!), inputs: sized, state: {}, constants },
    {
      before(inputs) {
        recorder.begin(FUNCTION_NAME);
        for (const { variable, source } of weights) recorder.bind(variable, source);
        recorder.bind(inputs[input.name]!, `${placeholder}:0`);
      },
      during: (call) => recorder.record(call),
      after: (rehearsal) =>
        Object.entries(rehearsal.outputs).map(([name, tensor]) => {
          const type = graph.type('T', backend.getDTypeInteger(tensor.dtype));
          graph.node('Identity', [recorder.sourceOf(tensor)], [type], name);
          return { name, shape: [-1, ...tensor.shape.slice(1)] };
        }),
    },
  );
  const finished = prune(forAnyBatch(graph));
  const signature = { input: signed, outputs };
  return {
    savedModel: () => savedModelOf(finished, signature),
    graphModel: () => graphModelOf(finished, signature),
  };
}

/** Puts "all that there are" where the recorded sizes say how large the batch was. */
function forAnyBatch(graph: Graph): Graph {
  for (const node of graph.nodes) {
    const operand = SIZED_OPS[node.op];
    if (operand === undefined) continue;
    const sizes = integersOf(graph.nodeOf(node.inputs[operand]!));
    if (sizes?.[0] !== BATCH) continue;
    if (!CAN_LEAVE_OPEN.has(node.op)) {
      throw refusal(
        FUNCTION_NAME,
        `asks for the op ${node.op}, which works for one size of batch only`,
        'let what is alike for all images broadcast, or leave it out of the graph',
      );
    }
    node.inputs[operand] = graph.constant({
      shape: [sizes.length],
      dtype: DATA_TYPES.int32,
      content: new Uint8Array(Int32Array.of(-1, ...sizes.slice(1)).buffer),
    });
  }
  return graph;
}

function integersOf(node: GraphNode | undefined): number[] | undefined {
  if (node?.value?.dtype !== DATA_TYPES.int32) return undefined;
  return Array.from(new Int32Array(node.value.content.slice().buffer));
}
