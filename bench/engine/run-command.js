import { spawn } from 'node:child_process';

/**
 * Runs a program to its end.
 * @returns what it wrote, both streams
 * @throws Error with `output`, where it could not be started, failed, or took longer than `timeoutMs`
 */
export function runCommand(command, args, { timeoutMs, env } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    // Not spawn's own timeout: of a program that could not be started, it keeps this process waiting.
    const timer = timeoutMs && setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output = (output + chunk).slice(-65_536);
      });
    }
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) resolve(output);
      else
        reject(Object.assign(new Error(`${command} ended with ${signal ?? code}: ${lastLines(output)}`), { output }));
    });
  });
}

function lastLines(output) {
  return output.trim().split('\n').slice(-4).join('\n');
}
