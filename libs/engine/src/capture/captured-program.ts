import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Engine, Tensor, Variable } from '../engine.js';
import type { TensorflowBackend } from '../load/tensorflow-backend.js';
import type { InputSignature, Program, ProgramOptions } from '../program.js';
import { makeWorkFolder } from '../work-folder.js';
import { CaptureError } from './capture-error.js';
import { checkInputs } from './check-inputs.js';
import { GraphBuilder, SERVING_TAG } from './graph-builder.js';
import { OpRecorder } from './op-recorder.js';
import { rehearse, type Rehearsal } from './rehearse.js';

/** A function as the session knows it. */
interface Entry {
  inputs: Readonly<Record<string, InputSignature>>;
  inputOrder: readonly string[];
  inputNames: string;
  outputOrder: readonly string[];
  outputNames: string;
}

/** One variable of the state in the graph. */
interface Cell {
  variable: Variable;
  dtype: number;
  handle: string;
  read: string;
  feed: string;
}

let programs = 0;

/**
 * Captures functions into one TensorFlow graph: each is run once while the ops that TensorFlow executes are written
 * down. The state becomes resource variables of the graph's session, read where a function reads it and assigned
 * where it assigns; tensors from outside become constants, inputs placeholders.
 */
export function createCapturedProgram({ tf }: Engine, { state, functions }: ProgramOptions): Program {
  const backend = tf.backend() as unknown as TensorflowBackend;
  const { binding } = backend;
  const graph = new GraphBuilder(binding);
  const recorder = new OpRecorder(tf, graph);
  // Sessions may share a device's resources, so a variable's name must be the program's own.
  const prefix = `p${programs++}`;

  const names = Object.keys(state);
  const cells = names.map((name, i) => addCell(state[name]!, i));
  const pushed = addPush();
  const entries = new Map(Object.keys(functions).map((name, i) => [name, addFunction(name, `f${i}`)]));
  let session: number | undefined = load(graph);
  push();

  function addCell(variable: Variable, i: number): Cell {
    const dtype = backend.getDTypeInteger(variable.dtype);
    const handle = graph.node(
      'VarHandleOp',
      [],
      [graph.type('dtype', dtype), graph.shape('shape', variable.shape), graph.text('shared_name', `${prefix}/v${i}`)],
      `v${i}`,
    );
    const read = graph.node('ReadVariableOp', [`${handle}:0`], [graph.type('dtype', dtype)], `read${i}`);
    const feed = graph.node(
      'Placeholder',
      [],
      [graph.type('dtype', dtype), graph.shape('shape', variable.shape)],
      `feed${i}`,
    );
    return { variable, dtype, handle, read, feed };
  }

  function assign({ dtype, handle }: Cell, value: string, after: readonly string[]): string {
    return graph.node('AssignVariableOp', [`${handle}:0`, value, ...after], [graph.type('dtype', dtype)]);
  }

  /** An op that is done when all of `after` are: a session fetches tensors only. */
  function barrier(name: string, after: readonly string[]): string {
    const constant = graph.constant([], binding.TF_FLOAT, new Uint8Array(4));
    return graph.node('Identity', [constant, ...after], [graph.type('T', binding.TF_FLOAT)], name);
  }

  function addPush(): string {
    return barrier(
      'pushed',
      cells.map((cell) => `^${assign(cell, `${cell.feed}:0`, [])}`),
    );
  }

  function addFunction(name: string, key: string): Entry {
    const definition = functions[name]!;
    const inputOrder = Object.keys(definition.inputs);
    recorder.begin();
    const before = (inputs: Readonly<Record<string, Tensor>>) => {
      cells.forEach(({ variable, read }) => recorder.bind(variable, `${read}:0`));
      inputOrder.forEach((input, i) => {
        const { shape, dtype = 'float32' } = definition.inputs[input]!;
        const attributes = [graph.type('dtype', backend.getDTypeInteger(dtype)), graph.shape('shape', shape)];
        recorder.bind(inputs[input]!, `${graph.node('Placeholder', [], attributes, `${key}_in${i}`)}:0`);
      });
    };
    const after = ({ outputs, assigned }: Rehearsal): Entry => {
      // A variable is read before it is assigned to, so the function sees the state as it was at the call.
      const assignments = cells
        .filter((_, i) => assigned.has(names[i]!))
        .map((cell) => `^${assign(cell, recorder.sourceOf(cell.variable), [`^${cell.read}`])}`);
      const outputOrder = Object.keys(outputs);
      const outputNames = outputOrder.map((output, i) => {
        const tensor = outputs[output]!;
        const type = graph.type('T', backend.getDTypeInteger(tensor.dtype));
        return graph.node('Identity', [recorder.sourceOf(tensor), ...assignments], [type], `${key}_out${i}`);
      });
      if (outputNames.length === 0) outputNames.push(barrier(`${key}_done`, assignments));
      return {
        inputs: definition.inputs,
        inputOrder,
        inputNames: tensorList(inputOrder.map((_, i) => `${key}_in${i}`)),
        outputOrder,
        outputNames: tensorList(outputNames),
      };
    };
    return rehearse(tf, name, definition, state, { before, during: (call) => recorder.record(call), after });
  }

  function load(built: GraphBuilder): number {
    const folder = makeWorkFolder(tmpdir(), 'distillery-graph');
    try {
      writeFileSync(join(folder, 'saved_model.pb'), built.serialize());
      return binding.loadSavedModel(folder, SERVING_TAG);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  function runSession(inputs: readonly Tensor[], inputNames: string, outputNames: string): Tensor[] {
    if (session === undefined) throw new CaptureError('the program has been disposed of');
    const ids = backend.getInputTensorIds(inputs);
    return binding.runSavedModel(session, ids, inputNames, outputNames).map((info) => backend.createOutputTensor(info));
  }

  function push(): void {
    const values = cells.map(({ variable }) => variable);
    const gone = names.find((_, i) => values[i]!.isDisposed);
    if (gone !== undefined) throw new CaptureError(`the state "${gone}" has been disposed of`);
    const done = runSession(values, tensorList(cells.map(({ feed }) => feed)), `${pushed}:0`);
    tf.dispose(done);
  }

  function pull(): void {
    if (cells.length === 0) return;
    const values = runSession([], '', tensorList(cells.map(({ read }) => read)));
    cells.forEach(({ variable }, i) => variable.assign(values[i] as typeof variable));
    tf.dispose(values);
  }

  return {
    call(name, inputs) {
      const entry = entries.get(name);
      if (!entry) throw new RangeError(`the program has no function "${name}"`);
      checkInputs(name, entry.inputs, inputs);
      const ordered = entry.inputOrder.map((input) => inputs[input]!);
      const outputs = runSession(ordered, entry.inputNames, entry.outputNames);
      if (entry.outputOrder.length === 0) tf.dispose(outputs);
      return Object.fromEntries(entry.outputOrder.map((output, i) => [output, outputs[i]!]));
    },
    pull,
    push,
    dispose() {
      if (session === undefined) return;
      binding.deleteSavedModel(session);
      session = undefined;
    },
  };
}

function tensorList(nodes: readonly string[]): string {
  return nodes.map((node) => `${node}:0`).join(',');
}
