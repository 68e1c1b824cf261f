import { describe, expect, it } from 'vitest';
import type { Gpu } from '../doctor/gpus.js';
import { chooseTarget } from './choose-target.js';
import { EngineInstallError } from './install-error.js';

const LINUX = { platform: 'linux', arch: 'x64', glibc: '2.36' };
const A100: Gpu = {
  name: 'NVIDIA A100-SXM4-40GB',
  uuid: 'GPU-1',
  memoryBytes: 4e10,
  freeBytes: 4e10,
  driver: '550.54.15',
  computeCapability: '8.0',
};

describe('chooseTarget', () => {
  it.each([
    ['a GPU with a driver for CUDA 12', [A100], 'linux-x64-cuda', undefined],
    ['the oldest driver that will do', [{ ...A100, driver: '525.60.13' }], 'linux-x64-cuda', undefined],
    ['one GPU of two that will do', [{ ...A100, computeCapability: '5.2' }, A100], 'linux-x64-cuda', undefined],
    ['no GPU', [], 'linux-x64', undefined],
    [
      'a driver that is too old',
      [{ ...A100, driver: '470.82.01', computeCapability: undefined }],
      'linux-x64',
      'NVIDIA A100-SXM4-40GB: its driver 470.82.01 is too old, TensorFlow needs 525.60.13 or newer; the engine for the processor is installed',
    ],
    [
      'a GPU that is too old',
      [{ ...A100, computeCapability: '5.2' }],
      'linux-x64',
      expect.stringContaining('no kernels for compute capability 5.2'),
    ],
    [
      'a GPU that is too new',
      [{ ...A100, computeCapability: '12.0' }],
      'linux-x64',
      expect.stringContaining('newer than this TensorFlow'),
    ],
  ])('by itself takes, with %s, the right engine', async (_, gpus, key, note) => {
    const chosen = await chooseTarget('auto', { machine: LINUX, gpus });
    expect(chosen.target.key).toBe(key);
    expect(chosen.note).toEqual(note);
  });

  it('takes the CPU on a machine with a GPU where that is wanted', async () => {
    expect((await chooseTarget('cpu', { machine: LINUX, gpus: [A100] })).target.key).toBe('linux-x64');
  });

  it('takes the GPU that is wanted, however new it is, and refuses where there is none', async () => {
    const blackwell = { ...A100, computeCapability: '12.0' };
    expect((await chooseTarget('gpu', { machine: LINUX, gpus: [blackwell] })).target.key).toBe('linux-x64-cuda');
    const refused = chooseTarget('gpu', { machine: LINUX, gpus: [] });
    await expect(refused).rejects.toThrow(EngineInstallError);
    await expect(refused).rejects.toMatchObject({
      failure: 'no-gpu',
      remedy: expect.stringContaining('--accelerator cpu'),
    });
  });

  it('takes the CPU on arm64, and says why', async () => {
    const chosen = await chooseTarget('auto', { machine: { ...LINUX, arch: 'arm64' }, gpus: [A100] });
    expect(chosen.target.key).toBe('linux-arm64');
    expect(chosen.note).toContain('linux-x64 only');
  });
});
