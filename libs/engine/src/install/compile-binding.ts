import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { EngineInstallError } from './install-error.js';
import { LOG_LEVEL_SOURCE } from './log-level-source.js';
import { runCommand } from './run-command.js';

const require = createRequire(import.meta.url);

export const BINDING_FILE = 'tfjs_binding.node';

/** Counts up when a binding of the same sources is to be compiled otherwise. */
export const BINDING_REVISION = 2;

/** Folders of the wheel's `tensorflow/include/` that the binding's sources include, directly or not. */
export const NEEDED_HEADERS = [
  'tensorflow/c/',
  'tensorflow/core/platform/',
  'tsl/platform/',
  'xla/tsl/c/',
  'xla/tsl/platform/',
];

export interface Compiler {
  /** For people: `g++`, `zig`. */
  name: string;
  command: string;
  args: readonly string[];
}

/** The machine's own C++ compiler: `$CXX`, `g++`, `c++` or `clang++`, whichever works first. */
export async function findSystemCompiler(env: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<Compiler | undefined> {
  for (const command of [env.CXX, 'g++', 'c++', 'clang++']) {
    if (!command) continue;
    const { code } = await runCommand(command, ['--version'], { env, signal, timeoutMs: 30_000 });
    if (code === 0) return { name: command, command, args: [] };
  }
  return undefined;
}

export function bindingSources(): { folder: string; version: string } {
  const manifest = require.resolve('@tensorflow/tfjs-node-gpu/package.json');
  return { folder: dirname(manifest), version: (require(manifest) as { version: string }).version };
}

/**
 * Compiles tfjs-node-gpu's own binding against libraries below `folder`, where the result is put, too. It finds them by
 * their places relative to its own, so the folder can be moved afterwards.
 * @param libraries paths below `folder`, with forward slashes
 * @throws EngineInstallError `compile-failed`
 */
export async function compileBinding(
  compiler: Compiler,
  { folder, includes, libraries }: { folder: string; includes: string; libraries: readonly string[] },
  { env, signal }: { env: NodeJS.ProcessEnv; signal?: AbortSignal },
): Promise<void> {
  const sources = bindingSources().folder;
  const nodeHeaders = join(dirname(require.resolve('node-api-headers/package.json')), 'include');
  const logLevel = join(includes, 'log_level.cc');
  await writeFile(logLevel, LOG_LEVEL_SOURCE);
  const folders = new Set(libraries.map((path) => `$ORIGIN/${dirname(path)}`));
  const { code, output, startError } = await runCommand(
    compiler.command,
    [
      ...compiler.args,
      ...['-O2', '-std=c++17', '-fPIC', '-shared', '-w', '-DNAPI_VERSION=8', '-DBUILDING_NODE_EXTENSION'],
      ...[`-I${nodeHeaders}`, `-I${sources}`, `-I${includes}`],
      ...['tfjs_backend.cc', 'tfjs_binding.cc'].map((name) => join(sources, 'binding', name)),
      logLevel,
      ...['-o', join(folder, BINDING_FILE)],
      // Some of them are opened by name only, which a linker takes for not needed.
      '-Wl,--no-as-needed',
      ...libraries.map((path) => join(folder, path)),
      `-Wl,-rpath,${[...folders].join(':')}`,
    ],
    { env, signal, timeoutMs: 15 * 60_000 },
  );
  if (code === 0) return;
  const error = output.split('\n').find((line) => /error/i.test(line)) ?? output.trim().split('\n').at(-1);
  throw new EngineInstallError('compile-failed', `${compiler.name} could not compile the engine's binding: ${error}`, {
    remedy: 'Try the other compiler: "distillery engine install --compiler zig" (or system).',
    cause: startError ?? new Error(output),
  });
}
