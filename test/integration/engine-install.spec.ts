import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cacheFolder, findEngine, installEngine, type InstallProgress } from '#engine';
import { buildPrograms, testTensorflow } from '../services/test-services.js';

// Real installations into a cache of their own. The downloaded wheels are shared with the user's cache, where a test
// run has put them already.
const MINUTES = 60_000;
let cache: string;
beforeAll(async () => {
  await buildPrograms();
  cache = await mkdtemp(join(tmpdir(), 'distillery engine-'));
});
afterAll(() => rm(cache, { recursive: true, force: true }));

const wheelFolder = join(cacheFolder(), 'downloads');
const tensorflow = await testTensorflow();
const supported = tensorflow !== undefined && process.platform === 'linux' && ['x64', 'arm64'].includes(process.arch);

/** What an engine in a cache computes, in a process of its own: an engine is loaded once per process. */
async function computeWith(binding: string): Promise<string> {
  const script = `
    const binding = require(process.argv[1]);
    const a = binding.createTensor([2], binding.TF_FLOAT, new Float32Array([1, 2]));
    const type = { name: 'T', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT };
    const [sum] = binding.executeOp('AddV2', [type], [a, a], 1);
    console.log(binding.TF_Version, Array.from(binding.tensorDataSync(sum.id)).join());`;
  const child = spawn(process.execPath, ['-e', script, binding], { stdio: ['ignore', 'pipe', 'ignore'] });
  let output = '';
  for await (const chunk of child.stdout) output += chunk;
  return output.trim();
}

/** Runs an installation in a process of its own and kills it in the middle of a phase. */
async function installAndKill(phase: InstallProgress['phase']): Promise<void> {
  const program = resolve(import.meta.dirname, '../processes/install-engine.js');
  const child = fork(program, [JSON.stringify({ cache, wheelFolder })], { execArgv: [], stdio: 'inherit' });
  child.on('message', (told: { phase: string }) => told.phase === phase && child.kill('SIGKILL'));
  const [, signal] = (await once(child, 'exit')) as [number, string];
  expect(signal).toBe('SIGKILL');
}

async function withEnvironment<T>(variables: Record<string, string>, work: () => Promise<T>): Promise<T> {
  const before = { ...process.env };
  Object.assign(process.env, variables);
  try {
    return await work();
  } finally {
    for (const name of Object.keys(variables)) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  }
}

/** Work folders and locks. */
async function unfinished(): Promise<string[]> {
  return (await readdir(join(cache, 'engine'))).filter((name) => /partial|lock/.test(name));
}

describe.runIf(supported)('installing the engine', () => {
  it(
    'needs no C++ compiler that works: the one that pip fetches gives an engine that computes',
    async () => {
      const broken = join(cache, 'broken-c++');
      await writeFile(broken, '#!/bin/sh\n[ "$1" = --version ] || { echo "error: no headers"; exit 1; }\n');
      await chmod(broken, 0o755);
      const seen: InstallProgress[] = [];
      const installed = await withEnvironment({ CXX: broken }, () =>
        installEngine({ cache, wheelFolder, onProgress: (progress) => seen.push(progress) }),
      );
      expect(installed.compiler).toBe('zig');
      expect(await computeWith(installed.binding)).toBe('2.21.0 2,4');
      expect(await findEngine(cache)).toEqual(installed);
      expect(seen.at(-1)!.fraction).toBe(1);
      expect(await unfinished()).toEqual([]);
    },
    15 * MINUTES,
  );

  it(
    'starts afresh after one that was killed, and is done once when two ask for it at the same time',
    async () => {
      const present = await findEngine(cache);
      if (present) await rm(present.folder, { recursive: true });
      await installAndKill('unpack');
      expect(await unfinished()).toHaveLength(2);
      const phases = [new Set<string>(), new Set<string>()];
      const [one, other] = await Promise.all(
        phases.map((seen) => installEngine({ cache, wheelFolder, onProgress: ({ phase }) => seen.add(phase) })),
      );
      expect(one).toEqual(other);
      expect(phases.filter((seen) => seen.has('compile'))).toHaveLength(1);
      expect(phases.filter((seen) => seen.has('wait'))).toHaveLength(1);
      expect(await computeWith(one!.binding)).toBe('2.21.0 2,4');
      expect(await unfinished()).toEqual([]);
    },
    15 * MINUTES,
  );
});
