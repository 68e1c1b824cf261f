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
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output = (output + chunk).slice(-65_536);
      });
    }
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0) resolve(output);
      else
        reject(Object.assign(new Error(`${command} ended with ${signal ?? code}: ${lastLines(output)}`), { output }));
    });
  });
}

function lastLines(output) {
  return output.trim().split('\n').slice(-4).join('\n');
}
