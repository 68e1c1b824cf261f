// Runs one service and outlives nobody: when its standard input ends (the parent stopped it, or died in whatever way),
// the service is stopped and its folder removed. Usage: node guardian.js '{"command", "args", "uid", "folder", …}'
import { spawn } from 'node:child_process';
import { openSync, rmSync } from 'node:fs';
import path from 'node:path';

const { command, args, env, uid, gid, folder, stopSignal } = JSON.parse(process.argv[2]);
const log = openSync(path.join(folder, 'service.log'), 'a');
const child = spawn(command, args, {
  cwd: folder,
  env: { ...process.env, ...env },
  uid,
  gid,
  stdio: ['ignore', log, log],
});

// Ctrl-C goes to the whole group of processes; the parent's end is what counts here.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});

const finish = (code) => {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  process.exit(code);
};
let stopping = false;
child.on('error', (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
child.on('close', (code) => {
  // A service that ends by itself has failed: its folder stays until the parent has read the log.
  if (stopping) finish(0);
  else process.stdout.write(`ended ${code}\n`);
});
process.stdin.resume();
process.stdin.on('close', () => {
  stopping = true;
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) finish(0);
  child.kill(stopSignal);
  setTimeout(() => child.kill('SIGKILL'), 10_000);
});
