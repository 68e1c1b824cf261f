import { join } from 'node:path';
import { BINDING_FILE } from './compile-binding.js';
import { EngineInstallError } from './install-error.js';
import { TENSORFLOW_VERSION } from './platform.js';
import { runCommand } from './run-command.js';

/** Loads the binding in a process of its own: a crash must neither end ours nor leave a broken engine behind. */
export async function checkBinding(folder: string, signal?: AbortSignal): Promise<void> {
  const script = 'process.stdout.write("TensorFlow " + require(process.argv[1]).TF_Version)';
  const { code, output } = await runCommand(process.execPath, ['-e', script, join(folder, BINDING_FILE)], {
    env: { ...process.env, NODE_OPTIONS: '', TF_CPP_MIN_LOG_LEVEL: '3' },
    signal,
    timeoutMs: 120_000,
  });
  if (code === 0 && output.includes(`TensorFlow ${TENSORFLOW_VERSION}`)) return;
  throw new EngineInstallError(
    'check-failed',
    `The compiled engine does not load: ${output.trim().split('\n')[0] ?? ''}`,
    {
      remedy: 'Try the other compiler: "distillery engine install --compiler zig" (or system).',
      cause: new Error(output),
    },
  );
}
