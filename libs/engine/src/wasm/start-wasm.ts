import type { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Worker } from 'node:worker_threads';
import type { KernelBackend } from '@tensorflow/tfjs';
import type { Tf } from '../engine.js';

const PACKAGE = '@tensorflow/tfjs-backend-wasm';
const THREADED = `${PACKAGE}/wasm-out/tfjs-backend-wasm-threaded-simd`;
/** The binary makes no more. */
const MAX_THREADS = 8;
const FATAL_EVENTS = ['uncaughtException', 'unhandledRejection'] as const;
/** A script from a URL is a module in Node; Emscripten's is not one. */
const COMMON_JS = `import { createRequire } from 'node:module';
const require = createRequire('file:///');
const __filename = '';
`;

/** The parts of Emscripten's module object that are used here. */
interface WasmModule {
  readonly PThread: { readonly unusedWorkers: Worker[]; readonly runningWorkers: readonly Worker[] };
  cwrap(name: string, result: 'number' | null, parameters: 'number'[]): Native;
  tfjs?: Record<string, Native>;
}
type Native = (...values: number[]) => number;

/** What Emscripten's factory is given, and makes the module. */
interface ModuleToBe extends Partial<WasmModule> {
  locateFile(file: string, folder: string): string | URL;
  instantiateWasm(
    imports: { env: Record<string, unknown> },
    receive: (instance: object, module: object) => void,
  ): object;
}

/** TypeScript knows it of browsers only. */
declare const WebAssembly: {
  Module: new (binary: Uint8Array) => object;
  Instance: new (module: object, imports: object) => object;
};

interface WasmPackage {
  readonly version_wasm: string;
  readonly BackendWasm: new (module: WasmModule) => KernelBackend;
  setThreadsCount(threads: number): void;
}

export interface StartedWasm {
  /** Of tfjs's backend. */
  readonly version: string;
  readonly simd: boolean;
  readonly threads: number;
}

/**
 * Makes WebAssembly tfjs's backend, on so many threads as asked for where that works, else on one.
 * @throws where WebAssembly does not start at all
 */
export async function startWasm(tf: Tf, wantedThreads: number): Promise<StartedWasm> {
  const wasm = createRequire(import.meta.url)(PACKAGE) as WasmPackage;
  const simd = Boolean(await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT'));
  const node: EventEmitter = process;
  const ownListeners = FATAL_EVENTS.map((event) => node.listeners(event));
  let threads = simd ? Math.min(wantedThreads, MAX_THREADS) : 1;
  if (threads > 1) {
    // Without the memory for threads, or where no more may be made, one still runs.
    const module = await startThreadedModule(threads).catch(() => undefined);
    if (module === undefined) threads = 1;
    else useThreadedModule(tf, wasm, module, threads);
  }
  if (!(await tf.setBackend('wasm'))) throw new Error('tfjs could not start it');
  await tf.ready();
  // Emscripten's listeners throw what they hear, with its source for the stack's first line.
  FATAL_EVENTS.forEach((event, i) => {
    const added = node.listeners(event).filter((listener) => !ownListeners[i]!.includes(listener));
    added.forEach((listener) => node.off(event, listener as () => void));
  });
  return { version: wasm.version_wasm, simd, threads };
}

/**
 * tfjs does not use its threaded binary in Node: it hands the workers' script over as a blob, which only browsers load.
 * The binary and the script themselves are made for Node too, so that they are started here.
 */
async function startThreadedModule(threads: number): Promise<WasmModule> {
  const require = createRequire(import.meta.url);
  const factory = require(`${THREADED}.js`) as (module: ModuleToBe) => Promise<WasmModule>;
  const { wasmWorkerContents: script } = require(`${THREADED}.worker.js`) as { wasmWorkerContents: string };
  const workerUrl = new URL(`data:text/javascript,${encodeURIComponent(COMMON_JS + script.replaceAll('\n', '\\n'))}`);
  const binary = new WebAssembly.Module(readFileSync(require.resolve(`${THREADED}.wasm`)));
  const module: ModuleToBe = {
    locateFile: (file, folder) => (file.endsWith('.worker.js') ? workerUrl : folder + file),
    instantiateWasm(imports, receive) {
      const { unusedWorkers } = module.PThread!;
      while (unusedWorkers.length > threads - 1) void unusedWorkers.pop()!.terminate();
      // The binary takes half of the logical cores at most, whatever it is told.
      imports.env.emscripten_num_logical_cores = () => 2 * threads;
      receive(new WebAssembly.Instance(binary, imports), binary);
      return {};
    },
  };
  const globalWorker = Object.getOwnPropertyDescriptor(globalThis, 'Worker');
  try {
    return await factory(module);
  } catch (error) {
    module.PThread?.unusedWorkers.forEach((worker) => void worker.terminate());
    throw error;
  } finally {
    // The factory leaves Node's Worker among the globals, where a library may take it for a browser's.
    if (globalWorker) Object.defineProperty(globalThis, 'Worker', globalWorker);
    else Reflect.deleteProperty(globalThis, 'Worker');
  }
}

/** What tfjs does with the module that it starts itself, and workers that do not keep the process alive. */
function useThreadedModule(tf: Tf, wasm: WasmPackage, module: WasmModule, threads: number): void {
  module.tfjs = {
    init: module.cwrap('init', null, []),
    initWithThreadsCount: module.cwrap('init_with_threads_count', null, ['number']),
    getThreadsCount: module.cwrap('get_threads_count', 'number', []),
    registerTensor: module.cwrap('register_tensor', null, ['number', 'number', 'number']),
    disposeData: module.cwrap('dispose_data', null, ['number']),
    dispose: module.cwrap('dispose', null, []),
  };
  wasm.setThreadsCount(threads);
  const backend = new wasm.BackendWasm(module);
  module.PThread.runningWorkers.forEach((worker) => worker.unref());
  tf.removeBackend('wasm');
  tf.registerBackend('wasm', () => backend);
}
