import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { type Backend, type Engine, type Kernels, type Tf } from '../engine.js';
import { cpuFeatures } from '../doctor/cpu-features.js';
import { cacheFolder } from '../install/cache-folder.js';
import { findEngine } from '../install/find-engine.js';
import { firstLine } from '../install/install-error.js';
import { engineTarget } from '../install/platform.js';
import { composedKernels } from '../kernels/composed-kernels.js';
import { registerReductionGradients } from '../kernels/reduction-gradients.js';
import { registerReluGradients } from '../kernels/relu-gradients.js';
import { registerSoftmax } from '../kernels/softmax-kernel.js';
import { tensorflowKernels } from '../kernels/tensorflow-kernels.js';
import { EngineUnavailableError } from './load-error.js';
import { loadTensorflow } from './load-tensorflow.js';
import { setOneDnn } from './onednn.js';
import { setThreads } from './threads.js';

export interface LoadOptions {
  /** `auto` takes the fastest that works: TensorFlow, else WebAssembly, else plain JavaScript. */
  backend?: 'auto' | Backend;
  /** Threads that a kernel may use; all that this process may use by default. */
  threads?: number;
  /** Gets `reason`, once. */
  log?: (line: string) => void;
  /** The user's cache folder, unless a test says otherwise. */
  cache?: string;
}

let loaded: Promise<Engine> | undefined;

/**
 * Loads the engine of this process; a second call gives the same one. Never installs anything.
 * @throws EngineUnavailableError when the backend that was asked for by name cannot run here, or another one runs
 */
export async function loadEngine(options: LoadOptions = {}): Promise<Engine> {
  const { backend = 'auto', log } = options;
  if (!loaded) {
    loaded = load(options).then((engine) => {
      log?.(engine.reason);
      return engine;
    });
    loaded.catch(() => (loaded = undefined));
  }
  const engine = await loaded;
  if (backend !== 'auto' && engine.backend !== backend) {
    throw new EngineUnavailableError(
      `This process runs the ${engine.backend} engine already and cannot load ${backend}`,
    );
  }
  return engine;
}

async function load({ backend = 'auto', threads, cache = cacheFolder() }: LoadOptions): Promise<Engine> {
  const complaints: string[] = [];
  for (const candidate of backend === 'auto' ? (['tensorflow', 'wasm', 'cpu'] as const) : [backend]) {
    try {
      const why = complaints.length > 0 ? `: ${complaints.join('; ')}` : '';
      if (candidate === 'tensorflow') return await tensorflowEngine(threads, cache);
      if (candidate === 'wasm') return await wasmEngine(why, threads);
      return await cpuEngine(why);
    } catch (error) {
      if (backend !== 'auto') {
        throw new EngineUnavailableError(`The ${backend} engine cannot run here: ${firstLine(error)}`, {
          cause: error,
        });
      }
      complaints.push(`${candidate} does not run (${firstLine(error)})`);
    }
  }
  throw new EngineUnavailableError(`No engine runs here: ${complaints.join('; ')}`);
}

async function tensorflowEngine(wantedThreads: number | undefined, cache: string): Promise<Engine> {
  // Throws where TensorFlow cannot be had at all, which says more than that it is not there.
  engineTarget();
  const installed = await findEngine(cache);
  if (!installed) throw new Error('it is not installed: run "distillery engine install"');
  const { flags } = await cpuFeatures();
  // TensorFlow's wheels are built for AVX and end the process where it is missing.
  if (process.arch === 'x64' && flags && !flags.has('avx')) throw new Error('this processor has no AVX');
  const threads = setThreads(wantedThreads);
  // Otherwise the first trainer takes all of a GPU's memory.
  process.env.TF_FORCE_GPU_ALLOW_GROWTH ??= 'true';
  const wantsOneDnn = setOneDnn();
  const { tf, version, usesGpu } = loadTensorflow(installed);
  const oneDnn = wantsOneDnn === true && !usesGpu;
  await tf.ready();
  registerReluGradients(tf);
  registerSoftmax(tf);
  const device = usesGpu ? 'the GPU' : `${threads} thread${threads === 1 ? '' : 's'}`;
  const reason = `TensorFlow ${version} on ${device}, with ${oneDnn ? 'oneDNN, ' : ''}fused kernels and captured steps`;
  return engineOf(tf, 'tensorflow', version, reason, threads, tensorflowKernels(tf), oneDnn);
}

async function wasmEngine(why: string, wantedThreads: number = availableParallelism()): Promise<Engine> {
  const tf = createRequire(import.meta.url)('@tensorflow/tfjs') as Tf;
  const { startWasm } = await import('../wasm/start-wasm.js');
  const { version, simd, threads } = await startWasm(tf, wantedThreads);
  const { registerTrainingKernels } = await import('../wasm/register-training-kernels.js');
  registerTrainingKernels(tf);
  const on = threads === 1 ? 'one thread' : `${threads} threads`;
  const reason = `WebAssembly${simd ? ' with SIMD' : ''}, ${on}${why}`;
  return engineOf(tf, 'wasm', version, reason, threads, composedKernels(tf));
}

async function cpuEngine(why: string): Promise<Engine> {
  const require = createRequire(import.meta.url);
  const tf = require('@tensorflow/tfjs') as Tf;
  if (!(await tf.setBackend('cpu'))) throw new Error('tfjs could not start it');
  // Otherwise it advertises tfjs-node at the first tensor.
  (tf.backend() as unknown as { firstUse: boolean }).firstUse = false;
  const reason = `plain JavaScript, far slower than the others${why}`;
  return engineOf(tf, 'cpu', tf.version.tfjs, reason, 1, composedKernels(tf));
}

function engineOf(
  tf: Tf,
  backend: Backend,
  version: string,
  reason: string,
  threads: number,
  kernels: Kernels,
  oneDnn = false,
): Engine {
  registerReductionGradients(tf);
  const captures = backend === 'tensorflow';
  return Object.freeze({ tf, backend, version, reason, threads, oneDnn, captures, kernels });
}
