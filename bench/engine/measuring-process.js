import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** torch.compile took three minutes on two busy cores. */
const PATIENCE_MS = 15 * 60_000;
const ERROR_LINES = 6;

/**
 * Starts the contender's processes, lets all of them get ready, and then measures them at once.
 * @param cells one JSON cell per process
 * @returns the processes' results, added up
 * @throws Error with the end of what the process that failed wrote
 */
export async function takeTurn({ command, args, env }, cells) {
  const processes = cells.map((cell) => startProcess(command, [...args, JSON.stringify(cell)], env));
  try {
    await Promise.all(processes.map(({ ready }) => ready));
    for (const { go } of processes) go();
    return addUp(await Promise.all(processes.map(({ result }) => result)));
  } finally {
    for (const { stop } of processes) stop();
    await Promise.all(processes.map(({ ended }) => ended));
  }
}

function startProcess(command, args, env) {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
  const ready = withResolvers();
  const result = withResolvers();
  const ended = withResolvers();
  // Whoever waits for `ready` hears of a failure there.
  result.promise.catch(() => {});
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors = (errors + chunk).slice(-16_384);
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    const message = parseMessage(line);
    if (message?.ready) ready.resolve();
    else if (message) result.resolve(message);
  });
  // It may end before it reads the word.
  child.stdin.on('error', () => {});
  const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
  const fail = (why) => {
    clearTimeout(timer);
    const error = new Error([why, ...errors.trim().split('\n').slice(-ERROR_LINES)].join('\n'));
    ready.reject(error);
    result.reject(error);
    ended.resolve();
  };
  child.once('error', (error) => fail(error.message));
  child.once('close', (code, signal) => fail(`${command} ended with ${signal ?? code}`));
  return {
    ready: ready.promise,
    result: result.promise,
    ended: ended.promise,
    go: () => child.stdin.write('go\n'),
    // One that has its result is on its way out, and one that was never told to go reads the end of its input.
    stop: () => child.stdin.end(),
  };
}

/** Libraries write to the standard output too; what is not an object in JSON is none of ours. */
function parseMessage(line) {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function addUp(results) {
  const sum = (field) => results.reduce((total, result) => total + result[field], 0);
  const worst = (field) => Math.max(...results.map((result) => result[field]));
  return {
    rate: sum('rate'),
    firstStepMs: worst('firstStepMs'),
    peakBytes: sum('peakBytes'),
    baseBytes: sum('baseBytes'),
    parameters: results[0].parameters,
    lastValue: results[0].lastValue,
  };
}

/** `Promise.withResolvers`, which Node 20 lacks. */
function withResolvers() {
  let settle;
  const promise = new Promise((resolve, reject) => {
    settle = { resolve, reject };
  });
  return { promise, ...settle };
}
