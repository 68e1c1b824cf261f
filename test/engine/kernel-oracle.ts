import type { DataType, KernelBackend, KernelConfig, NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs';
import type { Engine } from '#engine';

type Values = Float32Array | Int32Array | Uint8Array;
interface CpuBackend extends KernelBackend {
  firstUse: boolean;
  makeTensorInfo(shape: number[], dtype: DataType, values: Values): TensorInfo;
  data: { get(dataId: object): { values: Values } };
}

/**
 * What a kernel may differ by, relative to the largest number that it gives. The sums of convolutions and matrix products
 * differ by 1e-6, in whatever order a processor adds up; all else by a rounding or two of float32, 2⁻²⁴ each.
 */
const TOLERANCE = 1e-5;
/** Where numbers cancel out, their average's own size says nothing: it is as exact as four roundings of the largest. */
const AVERAGES = new Set(['AvgPool', 'Mean']);
const OF_AVERAGED = 4 * 2 ** -24;

/** Numbers of an input, above which the oracle takes too long; each kernel must also be met with fewer. */
const LARGEST_INPUT = 2 ** 13;

export interface KernelOracle {
  /** Calls whose result was another, and by how much. */
  readonly differences: readonly string[];
  /** Kernels whose result was compared. */
  readonly compared: ReadonlySet<string>;
  /** Kernels that ran with larger inputs only, or that the oracle does not have. */
  notCompared(): string[];
}

/**
 * From now on each kernel that WebAssembly runs is run on tfjs's `cpu` backend too, with the same inputs: plain loops
 * that follow the definitions. Once for the same kernel, shapes and attributes.
 */
export async function watchKernels({ tf, backend }: Engine): Promise<KernelOracle> {
  await tf.setBackend('cpu');
  const cpu = tf.backend() as CpuBackend;
  cpu.firstUse = false;
  await tf.setBackend(backend);
  const ran = new Set<string>();
  const compared = new Set<string>();
  const seen = new Set<string>();
  const differences: string[] = [];

  for (const config of tf.getKernelsForBackend(backend)) {
    const oracle = tf.getKernel(config.kernelName, 'cpu') as KernelConfig | undefined;
    tf.unregisterKernel(config.kernelName, backend);
    tf.registerKernel({
      ...config,
      kernelFunc: (call) => {
        ran.add(config.kernelName);
        // Optional inputs may be there without a value.
        const passed = Object.entries(call.inputs).filter(([, info]) => info) as [string, TensorInfo][];
        const key = describeCall(config.kernelName, passed, call.attrs);
        const tooLarge = passed.some(([, info]) => tf.util.sizeFromShape(info.shape) > LARGEST_INPUT);
        if (!oracle || tooLarge || seen.has(key)) return config.kernelFunc(call);
        seen.add(key);
        compared.add(config.kernelName);
        // Read before: a kernel may hand its input's memory on.
        const copies = passed.map(([, info]) => cpu.makeTensorInfo(info.shape, info.dtype, read(info)));
        const given = config.kernelFunc(call);
        const named = Object.fromEntries(passed.map(([name], i) => [name, copies[i]!]));
        const inputs = Array.isArray(call.inputs) ? (copies as unknown as NamedTensorInfoMap) : named;
        const expected = [oracle.kernelFunc({ inputs, backend: cpu, attrs: call.attrs })].flat();
        const largest = Math.max(0, ...copies.map(({ dataId }) => magnitude(cpu.data.get(dataId).values)));
        const allowed = AVERAGES.has(config.kernelName) ? largest * OF_AVERAGED : 0;
        [given].flat().forEach((info, i) => {
          const [actual, wanted] = [read(info), cpu.data.get(expected[i]!.dataId).values];
          const error = largestError(actual, wanted);
          const scale = magnitude(wanted);
          if (error <= Math.max(TOLERANCE * scale, allowed)) return;
          differences.push(`${key} differs by ${error}, where the largest number is ${scale}`);
        });
        return given;
      },
    });
  }

  const read = (info: TensorInfo): Values => tf.backend().readSync(info.dataId) as Values;
  return { differences, compared, notCompared: () => [...ran].filter((kernel) => !compared.has(kernel)) };
}

function describeCall(kernel: string, inputs: [string, TensorInfo][], attributes: object | undefined): string {
  const shapes = inputs.map(([name, info]) => `${name}: ${info.dtype} [${info.shape.join()}]`);
  return `${kernel}(${shapes.join(', ')}) ${JSON.stringify(attributes ?? {})}`;
}

function magnitude(values: Values): number {
  return (values as Float32Array).reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
}

function largestError(actual: Values, expected: Values): number {
  if (actual.length !== expected.length) return Infinity;
  let largest = 0;
  for (let i = 0; i < actual.length; i++) {
    const difference = Object.is(actual[i], expected[i]) ? 0 : Math.abs(actual[i] - expected[i]);
    // NaN where one has a number and the other has none.
    if (!(difference <= largest)) largest = difference;
  }
  return largest;
}
