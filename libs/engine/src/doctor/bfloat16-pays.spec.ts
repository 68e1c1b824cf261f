import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BINDING_FILE } from '../install/compile-binding.js';
import { engineFolder, MANIFEST_FILE } from '../install/find-engine.js';
import { cudaTarget, type EngineTarget, engineTarget } from '../install/platform.js';
import { bfloat16Advice, bfloat16Pays } from './bfloat16-pays.js';
import { usableGpus } from './usable-gpus.js';

let cache: string;
let env: NodeJS.ProcessEnv;
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'distillery-bfloat16-'));
  env = { PATH: cache };
});
afterEach(() => rm(cache, { recursive: true, force: true }));

/** What `findEngine` takes for an engine of a target. */
async function install(target: EngineTarget): Promise<void> {
  const folder = engineFolder(target, cache);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, BINDING_FILE), '');
  await writeFile(join(folder, MANIFEST_FILE), JSON.stringify({ accelerator: target.accelerator }));
}

async function nvidiaSmi(...lines: string[]): Promise<void> {
  const script = lines.map((line) => `echo "${line}"`).join('\n');
  await writeFile(join(cache, 'nvidia-smi'), `#!/bin/sh\n${script}\n`);
  await chmod(join(cache, 'nvidia-smi'), 0o755);
}

const A100 = 'NVIDIA A100, GPU-a1, 40960, 40000, 550.54.15, 8.0';
const T4 = 'Tesla T4, GPU-b2, 15360, 15000, 550.54.15, 7.5';

describe.runIf(process.platform === 'linux')('bfloat16Advice', () => {
  it.each([
    ['AVX512-BF16', ['avx2', 'avx512_bf16'], true, 'avx512_bf16'],
    ['AMX', ['avx2', 'amx_bf16', 'avx512_bf16'], true, 'amx_bf16'],
    ['AVX2 alone', ['avx2'], false, 'neither amx_bf16 nor avx512_bf16'],
  ])('goes by the processor: %s', async (_, flags, pays, reason) => {
    await install(engineTarget());
    const advice = await bfloat16Advice({ cache, env, flags: new Set(flags) });
    expect(advice).toEqual({ pays, reason: expect.stringContaining(reason) });
  });

  it('does not pay without the kernels that multiply bfloat16', async () => {
    await install(engineTarget());
    const flags = new Set(['avx512_bf16']);
    const without = await bfloat16Advice({ cache, env: { ...env, TF_ENABLE_ONEDNN_OPTS: '0' }, flags });
    expect(without).toEqual({ pays: false, reason: expect.stringContaining('TF_ENABLE_ONEDNN_OPTS') });
    expect(env.TF_ENABLE_ONEDNN_OPTS).toBeUndefined();
  });

  it('does not pay where TensorFlow is not installed', async () => {
    expect(await bfloat16Advice({ cache, env, flags: new Set(['avx512_bf16']) })).toMatchObject({ pays: false });
    expect(await bfloat16Pays({ cache, env })).toBe(false);
  });

  it.runIf(process.arch === 'x64')('goes by the GPU where the engine computes on one', async () => {
    await install(cudaTarget()!);
    await nvidiaSmi(T4, A100);
    const flags = new Set(['avx512_bf16']);
    expect(await bfloat16Advice({ cache, env, flags })).toEqual({
      pays: false,
      reason: 'the GPU (Tesla T4, compute capability 7.5) has no units for bfloat16',
    });
    expect(await bfloat16Pays({ cache, env: { ...env, CUDA_VISIBLE_DEVICES: '1' } })).toBe(true);
  });
});

describe.runIf(process.platform === 'linux' && process.arch === 'x64')('usableGpus', () => {
  it('leaves out what TensorFlow cannot compute on, and what is hidden', async () => {
    await install(cudaTarget()!);
    await nvidiaSmi(A100, 'GeForce GTX 960, GPU-c3, 2048, 2000, 550.54.15, 5.2', T4);
    const uuids = async (visible?: string) =>
      (await usableGpus({ cache, env: { ...env, CUDA_VISIBLE_DEVICES: visible } })).map(({ uuid }) => uuid);
    expect(await uuids()).toEqual(['GPU-a1', 'GPU-b2']);
    expect(await uuids('2')).toEqual(['GPU-b2']);
    expect(await uuids('-1')).toEqual([]);
  });

  it('gives none where the engine is the one for the CPU, whatever the machine has', async () => {
    await install(engineTarget());
    await nvidiaSmi(A100);
    expect(await usableGpus({ cache, env })).toEqual([]);
  });
});
