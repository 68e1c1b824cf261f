import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Engine, Tensor, Variable } from '../engine.js';
import type { TensorflowBackend } from '../load/tensorflow-backend.js';
import { passesFor } from '../passes/passes.js';
import type { Program, ProgramInput, ProgramOptions } from '../program.js';
import { makeWorkFolder } from '../work-folder.js';
import { CaptureError } from './capture-error.js';
import { checkInputs, sizedSignatures, type SizedSignature } from './check-inputs.js';
import { type ConstantValue, DATA_TYPES, floatsIn, Graph } from './graph.js';
import { CONSTANTS_PUSHED, type LargeConstant, takeLargeConstants } from './large-constants.js';
import { OpRecorder } from './op-recorder.js';
import { rehearse, type Rehearsal } from './rehearse.js';
import { savedModelOf, SERVING_TAG } from './saved-model.js';
import { addAssignment, addBarrier, addPush, addVariable, type SessionVariable } from './session-variable.js';

/** A function, captured for one combination of input sizes, as the session knows it. */
interface Entry {
  owner: string;
  inputs: Readonly<Record<string, SizedSignature>>;
  inputNames: string;
  outputOrder: readonly string[];
  outputNames: string;
}

/** One variable of the state, and its like in the session. */
interface Cell extends SessionVariable {
  variable: Variable;
}

const MOST_SHAPES = 12;
let programs = 0;

/**
 * Captures functions into one TensorFlow graph: each is called once while the ops that it asks TensorFlow for are written
 * down. The state becomes resource variables of the graph's session, read where a function reads it and assigned
 * where it assigns; tensors from outside become constants, inputs placeholders.
 *
 * A session's graph cannot grow. For new sizes the whole graph is loaded once more with what was added, and the state is
 * carried over from the old session to the new one.
 */
export function createCapturedProgram({ tf, oneDnn }: Engine, options: ProgramOptions): Program {
  const { state, constants = {}, functions, precision = 'float32', maxShapes = MOST_SHAPES } = options;
  const backend = tf.backend() as unknown as TensorflowBackend;
  const { binding } = backend;
  const graph = new Graph(binding);
  const recorder = new OpRecorder(tf, graph);
  const passes = passesFor({ precision, oneDnn });
  const program = programs++;
  let sessions = 0;
  let captured = 0;

  const names = Object.keys(state);
  const cells = names.map((name, i): Cell => {
    const variable = state[name]!;
    const dtype = backend.getDTypeInteger(variable.dtype);
    return { variable, ...addVariable(graph, String(i), { dtype, shape: variable.shape }) };
  });
  const pushed = addPush(graph, 'pushed', cells);
  const fixed = Object.values(constants).map((variable) => ({
    variable,
    source: graph.constant(contentOf(variable)),
  }));
  /** By function, then by the inputs' sizes; the one that was called last comes last. */
  const entries = new Map(Object.keys(functions).map((name) => [name, new Map<string, Entry>()]));
  for (const [name, { inputs }] of Object.entries(functions)) {
    const sized = sizedSignatures(inputs);
    if (sized) capture(name, sized);
  }
  let session: number | undefined = load();
  let disposed = false;
  push();

  /** Adds a function to the graph for one combination of sizes; the graph is as before where it can't be captured. */
  function capture(name: string, inputs: Readonly<Record<string, SizedSignature>>): Entry {
    const owner = `f${captured++}`;
    try {
      const entry = graph.owned(owner, () => addFunction(name, owner, inputs));
      const known = entries.get(name)!;
      known.set(sizesOf(inputs), entry);
      for (const [sizes, old] of known) {
        if (known.size <= maxShapes) break;
        known.delete(sizes);
        graph.remove(old.owner);
      }
      return entry;
    } catch (error) {
      graph.remove(owner);
      throw error;
    }
  }

  function addFunction(name: string, owner: string, inputs: Readonly<Record<string, SizedSignature>>): Entry {
    const { run } = functions[name]!;
    const inputOrder = Object.keys(inputs);
    const sources = inputOrder.map((input, i) => placeholder(`${owner}_in${i}`, inputs[input]!));
    const before = (tensors: Readonly<Record<string, Tensor>>) => {
      recorder.begin(name);
      cells.forEach(({ variable, read }) => recorder.bind(variable, `${read}:0`));
      fixed.forEach(({ variable, source }) => recorder.bindConstant(variable, source));
      inputOrder.forEach((input, i) => recorder.bind(tensors[input]!, sources[i]!));
    };
    const after = ({ outputs, assigned }: Rehearsal): Entry => {
      // A variable is read before it is assigned to, so the function sees the state as it was at the call.
      const assignments = cells
        .filter((_, i) => assigned.has(names[i]!))
        .map((cell) => `^${addAssignment(graph, cell, recorder.sourceOf(cell.variable), [`^${cell.read}`])}`);
      const outputOrder = Object.keys(outputs);
      const outputNames = outputOrder.map((output, i) => {
        const tensor = outputs[output]!;
        const type = graph.type('T', backend.getDTypeInteger(tensor.dtype));
        return graph.node('Identity', [recorder.sourceOf(tensor), ...assignments], [type], `${owner}_out${i}`);
      });
      if (outputNames.length === 0) outputNames.push(addBarrier(graph, `${owner}_done`, assignments));
      const inputNames = tensorList(inputOrder.map((_, i) => `${owner}_in${i}`));
      return { owner, inputs, inputNames, outputOrder, outputNames: tensorList(outputNames) };
    };
    const rehearsed = { functionName: name, run, inputs, state, constants };
    const { result, trace } = rehearse(tf, rehearsed, { before, during: (call) => recorder.record(call), after });
    rehearse(tf, { ...rehearsed, trace }, { before, during: (call) => recorder.skim(call), after: () => undefined });
    return result;
  }

  /** @returns the tensor that the function sees */
  function placeholder(name: string, { shape, dtype }: SizedSignature): string {
    const fed = dtype === 'uint8' ? DATA_TYPES.uint8 : backend.getDTypeInteger(dtype);
    const node = graph.node('Placeholder', [], [graph.type('dtype', fed), graph.shape('shape', shape)], name);
    if (dtype !== 'uint8') return `${node}:0`;
    const types = [graph.type('SrcT', DATA_TYPES.uint8), graph.type('DstT', DATA_TYPES.int32)];
    return `${graph.node('Cast', [`${node}:0`], types)}:0`;
  }

  /** What TensorFlow knows of a constant: its values are read from the variable when they are needed, not kept. */
  function contentOf(variable: Variable): ConstantValue {
    const { shape, dtype } = variable;
    return {
      shape,
      dtype: backend.getDTypeInteger(dtype),
      get content() {
        const { buffer, byteOffset, byteLength } = variable.dataSync();
        return new Uint8Array(buffer, byteOffset, byteLength);
      },
    };
  }

  function load(): number {
    const built = passes.reduce((before, pass) => pass(before), graph.copy());
    // In bfloat16 TensorFlow casts a constant once, a variable at every call.
    const large = precision === 'float32' ? takeLargeConstants(built) : [];
    // Sessions may share a device's resources, so a variable's name must be the session's own.
    const ours = `p${program}/${sessions++}`;
    for (const node of built.nodes) {
      if (node.op === 'VarHandleOp') node.attributes.push(built.text('shared_name', `${ours}/${node.name}`));
    }
    const folder = makeWorkFolder(tmpdir(), 'distillery-graph');
    try {
      writeFileSync(join(folder, 'saved_model.pb'), savedModelOf(built));
      const loaded = binding.loadSavedModel(folder, SERVING_TAG);
      try {
        pushConstants(loaded, large);
      } catch (error) {
        binding.deleteSavedModel(loaded);
        throw error;
      }
      return loaded;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  function pushConstants(loaded: number, large: readonly LargeConstant[]): void {
    if (large.length === 0) return;
    const ids: number[] = [];
    try {
      for (const { value } of large) {
        ids.push(binding.createTensor([...value.shape], value.dtype, floatsIn(value.content)));
      }
      const feeds = tensorList(large.map(({ variable }) => variable.feed));
      const done = binding.runSavedModel(loaded, ids, feeds, `${CONSTANTS_PUSHED}:0`);
      for (const { id } of done) binding.deleteTensor(id);
    } finally {
      for (const id of ids) binding.deleteTensor(id);
    }
  }

  /** Captures a function for sizes that the program has not met, and goes on with its state where it was. */
  function extend(name: string, inputs: Readonly<Record<string, SizedSignature>>): Entry {
    const entry = capture(name, inputs);
    const old = session!;
    const values = readState();
    try {
      session = load();
      writeState(values);
      binding.deleteSavedModel(old);
    } catch (error) {
      if (session !== old) binding.deleteSavedModel(session!);
      session = old;
      entries.get(name)!.delete(sizesOf(inputs));
      graph.remove(entry.owner);
      throw error;
    } finally {
      tf.dispose(values);
    }
    return entry;
  }

  function runSession(ids: number[], inputNames: string, outputNames: string): Tensor[] {
    if (disposed) throw new CaptureError('the program has been disposed of');
    return binding
      .runSavedModel(session!, ids, inputNames, outputNames)
      .map((info) => backend.createOutputTensor(info));
  }

  function readState(): Tensor[] {
    return cells.length === 0 ? [] : runSession([], '', tensorList(cells.map(({ read }) => read)));
  }

  function writeState(values: readonly Tensor[]): void {
    if (cells.length === 0) return;
    const feeds = tensorList(cells.map(({ feed }) => feed));
    tf.dispose(runSession(backend.getInputTensorIds(values), feeds, `${pushed}:0`));
  }

  function push(): void {
    const values = cells.map(({ variable }) => variable);
    const gone = names.find((_, i) => values[i]!.isDisposed);
    if (gone !== undefined) throw new CaptureError(`the state "${gone}" has been disposed of`);
    writeState(values);
  }

  function pull(): void {
    const values = readState();
    cells.forEach(({ variable }, i) => variable.assign(values[i] as typeof variable));
    tf.dispose(values);
  }

  /** Bytes have no tensor of tfjs: they are handed to TensorFlow as they are, for the time of the call. */
  function withInputs<T>(
    inputs: Readonly<Record<string, ProgramInput>>,
    sized: Readonly<Record<string, SizedSignature>>,
    use: (ids: number[]) => T,
  ): T {
    const ownIds: number[] = [];
    try {
      const ids = Object.entries(sized).map(([name, { shape }]) => {
        const input = inputs[name]!;
        if (!(input instanceof Uint8Array)) return backend.getInputTensorIds([input])[0]!;
        const id = binding.createTensor([...shape], DATA_TYPES.uint8, input);
        ownIds.push(id);
        return id;
      });
      return use(ids);
    } finally {
      for (const id of ownIds) binding.deleteTensor(id);
    }
  }

  return {
    call(name, inputs) {
      const definition = functions[name];
      const known = entries.get(name);
      if (!definition || !known) throw new RangeError(`the program has no function "${name}"`);
      if (disposed) throw new CaptureError('the program has been disposed of');
      const sized = checkInputs(name, definition.inputs, inputs);
      const sizes = sizesOf(sized);
      const entry = known.get(sizes) ?? extend(name, sized);
      known.delete(sizes);
      known.set(sizes, entry);
      const outputs = withInputs(inputs, sized, (ids) => runSession(ids, entry.inputNames, entry.outputNames));
      if (entry.outputOrder.length === 0) tf.dispose(outputs);
      return Object.fromEntries(entry.outputOrder.map((output, i) => [output, outputs[i]!]));
    },
    pull,
    push,
    dispose() {
      if (disposed) return;
      disposed = true;
      binding.deleteSavedModel(session!);
    },
  };
}

function sizesOf(inputs: Readonly<Record<string, SizedSignature>>): string {
  return Object.values(inputs)
    .map(({ shape }) => shape.join('x'))
    .join();
}

function tensorList(nodes: readonly string[]): string {
  return nodes.map((node) => `${node}:0`).join();
}
