import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cacheFolder, findEngine, installEngine, type InstallProgress } from '#engine';
import { testTensorflow } from '../services/test-services.js';

// Real installations into a cache of their own. The downloaded wheels are shared with the user's cache, where a test
// run has put them already.
const MINUTES = 60_000;
let cache: string;
beforeAll(async () => {
  cache = await mkdtemp(join(tmpdir(), 'distillery-engine-'));
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

describe.runIf(supported)('installing the engine', () => {
  it(
    'needs no C++ compiler: the one that pip fetches gives an engine that computes',
    async () => {
      const seen: InstallProgress[] = [];
      const installed = await installEngine({
        cache,
        wheelFolder,
        compiler: 'zig',
        onProgress: (progress) => seen.push(progress),
      });
      expect(installed.compiler).toBe('zig');
      expect(await computeWith(installed.binding)).toBe('2.21.0 2,4');
      expect(await findEngine(cache)).toEqual(installed);
      expect(seen.at(-1)!.fraction).toBe(1);
      expect((await readdir(join(cache, 'engine'))).filter((name) => /partial|lock/.test(name))).toEqual([]);
    },
    10 * MINUTES,
  );

  it(
    'is done once when two ask for it at the same time',
    async () => {
      const present = await findEngine(cache);
      if (present) await rm(present.folder, { recursive: true });
      const phases = [new Set<string>(), new Set<string>()];
      const [one, other] = await Promise.all(
        phases.map((seen) => installEngine({ cache, wheelFolder, onProgress: ({ phase }) => seen.add(phase) })),
      );
      expect(one).toEqual(other);
      expect(phases.filter((seen) => seen.has('compile'))).toHaveLength(1);
      expect(phases.filter((seen) => seen.has('wait'))).toHaveLength(1);
      expect(await computeWith(one!.binding)).toBe('2.21.0 2,4');
    },
    10 * MINUTES,
  );
});
