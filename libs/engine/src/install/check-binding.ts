import { join } from 'node:path';
import { BINDING_FILE } from './compile-binding.js';
import { EngineInstallError } from './install-error.js';
import { TENSORFLOW_VERSION } from './platform.js';
import { runCommand } from './run-command.js';

/**
 * Loads the binding in a process of its own: a crash must neither end ours nor leave a broken engine behind.
 * @returns whether it computes on a GPU
 * @throws EngineInstallError `check-failed`
 */
export async function checkBinding(folder: string, signal?: AbortSignal): Promise<{ usesGpu: boolean }> {
  const script = `
    const binding = require(process.argv[1]);
    process.stdout.write("TensorFlow " + binding.TF_Version + (binding.isUsingGpuDevice() ? " on the GPU" : ""));`;
  const { code, output } = await runCommand(process.execPath, ['-e', script, join(folder, BINDING_FILE)], {
    env: { ...process.env, NODE_OPTIONS: '', TF_CPP_MIN_LOG_LEVEL: '3', TF_FORCE_GPU_ALLOW_GROWTH: 'true' },
    signal,
    timeoutMs: 120_000,
  });
  if (code === 0 && output.includes(`TensorFlow ${TENSORFLOW_VERSION}`)) {
    return { usesGpu: output.includes('on the GPU') };
  }
  throw new EngineInstallError(
    'check-failed',
    `The compiled engine does not load: ${output.trim().split('\n')[0] ?? ''}`,
    {
      remedy: 'Try the other compiler: "distillery engine install --compiler zig" (or system).',
      cause: new Error(output),
    },
  );
}
