import { EngineInstallError } from './install-error.js';
import { isAtLeast } from './platform.js';
import { type CommandResult, runCommand } from './run-command.js';

/** A way to run pip on this machine. */
export interface Pip {
  command: string;
  args: readonly string[];
  version: string;
}

const CANDIDATES: readonly [string, ...string[]][] = [
  ['python3', '-m', 'pip'],
  ['python', '-m', 'pip'],
  ...(process.platform === 'win32' ? ([['py', '-3', '-m', 'pip']] as [string, ...string[]][]) : []),
  ['pip3'],
  ['pip'],
];

/** The first pip on the PATH that works. Python's own version does not matter: no wheel is installed into it. */
export async function findPip(env: NodeJS.ProcessEnv = process.env, signal?: AbortSignal): Promise<Pip | undefined> {
  for (const [command, ...args] of CANDIDATES) {
    const { code, output } = await runCommand(command, [...args, '--version'], { env, signal, timeoutMs: 60_000 });
    const version = /^pip (\S+)/m.exec(output)?.[1];
    if (code === 0 && version) return { command, args, version };
  }
  return undefined;
}

/**
 * What makes pip go on with a download that was cut off, where it knows how to: since 25.1. An older one begins again at
 * the next try.
 */
export function resumeArguments({ version }: Pip): string[] {
  return isAtLeast(version, '25.1') ? ['--resume-retries', '20'] : [];
}

export function noPip(): EngineInstallError {
  return new EngineInstallError('no-pip', 'pip was not found, so TensorFlow cannot be fetched', {
    remedy: 'Install Python 3 with pip (Debian: apt install python3-pip) and run "distillery engine install".',
  });
}

/** Runs `pip <args>` with the user's own pip configuration: index, mirrors, certificates and proxies are theirs. */
export function runPip(
  pip: Pip,
  args: readonly string[],
  options: { env: NodeJS.ProcessEnv; signal?: AbortSignal },
): Promise<CommandResult> {
  return runCommand(pip.command, [...pip.args, ...args], options);
}
