import { CUDA_WHEELS, type LibraryWheel } from './cuda-libraries.js';
import { EngineInstallError } from './install-error.js';
import type { Wheel } from './wheel.js';

/** TensorFlow's version whose C API the binding is compiled against. */
export const TENSORFLOW_VERSION = '2.21.0';

/** What the engine needs on one platform. */
export interface EngineTarget {
  key: string;
  tensorflow: Wheel;
  /** A C++ compiler for machines that have none. */
  zig?: Wheel & { target: string };
  /** File names inside the wheel's `tensorflow/` folder. */
  libraries: readonly string[];
  minimumGlibc?: string;
  /** What the engine computes on; one for `gpu` computes on the CPU where no GPU can be used. */
  accelerator: 'cpu' | 'gpu';
  /** NVIDIA's libraries, for an engine that computes on its GPUs. */
  cuda: readonly LibraryWheel[];
  /** Free disk that an installation wants, the downloads among it. */
  diskBytes: number;
}

const LINUX_LIBRARIES = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'];

const CPU = { accelerator: 'cpu', cuda: [], diskBytes: 1.5e9 } as const;

const TARGETS: Readonly<Record<string, EngineTarget>> = {
  'linux-x64': {
    key: 'linux-x64',
    tensorflow: {
      requirement: `tensorflow-cpu==${TENSORFLOW_VERSION}`,
      platformTag: 'manylinux_2_27_x86_64',
      pythonVersion: '3.11',
      sha256: '2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c',
      bytes: 273_829_956,
    },
    zig: {
      requirement: 'ziglang==0.17.1',
      platformTag: 'manylinux_2_12_x86_64',
      sha256: 'ea6cc5d87b033cf0aedfbc8f9549a908cae6c50ac31f1698188fa48a74524b54',
      bytes: 101_083_562,
      target: 'x86_64-linux-gnu.2.28',
    },
    libraries: LINUX_LIBRARIES,
    minimumGlibc: '2.27',
    ...CPU,
  },
  'linux-arm64': {
    key: 'linux-arm64',
    tensorflow: {
      requirement: `tensorflow==${TENSORFLOW_VERSION}`,
      platformTag: 'manylinux_2_27_aarch64',
      pythonVersion: '3.11',
      sha256: '4b24aca16d527a3cf1c37f720c04c484c3d20f4d0fdfa98632ac8b9f3be6eb5c',
      bytes: 0,
    },
    zig: {
      requirement: 'ziglang==0.17.1',
      platformTag: 'manylinux_2_17_aarch64',
      sha256: 'b7c5f02fccd40f89b999ee16a1f5ddced56e6182370f8affe494bcf8a28cf07e',
      bytes: 0,
      target: 'aarch64-linux-gnu.2.28',
    },
    libraries: LINUX_LIBRARIES,
    minimumGlibc: '2.27',
    ...CPU,
  },
};

/** TensorFlow's own wheels for NVIDIA's GPUs exist for x64 alone. */
const CUDA_TARGETS: Readonly<Record<string, EngineTarget>> = {
  'linux-x64': {
    ...TARGETS['linux-x64']!,
    key: 'linux-x64-cuda',
    tensorflow: {
      requirement: `tensorflow==${TENSORFLOW_VERSION}`,
      platformTag: 'manylinux_2_27_x86_64',
      pythonVersion: '3.11',
      sha256: '9056fbc9ba04235810b71ae6cbd958a196e8804fb53bbcffbf3e23b56155f124',
      bytes: 572_440_367,
    },
    accelerator: 'gpu',
    cuda: CUDA_WHEELS,
    diskBytes: 8e9,
  },
};

/** Where the same machine has TensorFlow after all. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  darwin: '; in a Linux container (docker compose up) it is TensorFlow',
  win32: '; in WSL 2 it is TensorFlow',
};

export interface Machine {
  platform: string;
  arch: string;
  /** glibc's version, `undefined` where the C library is another one. */
  glibc?: string;
}

export function thisMachine(): Machine {
  return { platform: process.platform, arch: process.arch, glibc: glibcVersion() };
}

/**
 * What to fetch for a machine.
 * @throws EngineInstallError `unsupported-platform`, which says what runs there instead
 */
export function engineTarget(machine: Machine = thisMachine()): EngineTarget {
  const key = `${machine.platform}-${machine.arch}`;
  const target = TARGETS[key];
  const remedy = `Training runs on the slower WebAssembly backend here${ELSEWHERE[machine.platform] ?? ''}.`;
  if (!target) {
    const known = Object.keys(TARGETS).join(', ');
    throw new EngineInstallError('unsupported-platform', `TensorFlow is not available for ${key} (only ${known})`, {
      remedy,
    });
  }
  if (target.minimumGlibc && !isAtLeast(machine.glibc, target.minimumGlibc)) {
    const found = machine.glibc ? `glibc ${machine.glibc}` : 'another C library';
    throw new EngineInstallError(
      'unsupported-platform',
      `TensorFlow needs glibc ${target.minimumGlibc} or newer, this machine has ${found}`,
      { remedy },
    );
  }
  return target;
}

/** The engine with which that machine's NVIDIA GPUs compute, or `undefined` where TensorFlow has none for it. */
export function cudaTarget(machine: Machine = thisMachine()): EngineTarget | undefined {
  const target = CUDA_TARGETS[`${machine.platform}-${machine.arch}`];
  return target?.minimumGlibc && !isAtLeast(machine.glibc, target.minimumGlibc) ? undefined : target;
}

/** Whether a dotted version is a certain one or newer; `undefined` is none. */
export function isAtLeast(version: string | undefined, minimum: string): boolean {
  if (!version) return false;
  const parts = version.split('.').map(Number);
  for (const [index, least] of minimum.split('.').map(Number).entries()) {
    const part = parts[index] ?? 0;
    if (part !== least) return part > least;
  }
  return true;
}

function glibcVersion(): string | undefined {
  if (process.platform !== 'linux') return undefined;
  // Since Node 20.13, later than its types.
  const report = process.report as (NodeJS.ProcessReport & { excludeNetwork?: boolean }) | undefined;
  if (!report) return undefined;
  // Otherwise it looks up the name of every host that this process is connected to, which may take seconds.
  const { excludeNetwork } = report;
  report.excludeNetwork = true;
  try {
    return (report.getReport() as { header?: { glibcVersionRuntime?: string } }).header?.glibcVersionRuntime;
  } finally {
    report.excludeNetwork = excludeNetwork;
  }
}
