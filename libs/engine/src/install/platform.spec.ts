import { describe, expect, it } from 'vitest';
import { EngineInstallError } from './install-error.js';
import { CUDA_WHEELS } from './cuda-libraries.js';
import { cudaTarget, engineTarget, isAtLeast } from './platform.js';

describe('engineTarget', () => {
  it('pins the hash of every wheel', () => {
    for (const arch of ['x64', 'arm64']) {
      const target = engineTarget({ platform: 'linux', arch, glibc: '2.36' });
      expect(target.tensorflow.sha256).toMatch(/^[0-9a-f]{64}$/);
      expect(target.zig?.sha256).toMatch(/^[0-9a-f]{64}$/);
    }
  });

  it.each([
    [{ platform: 'win32', arch: 'x64' }, 'TensorFlow is not available for win32-x64 (only linux-x64, linux-arm64)'],
    [{ platform: 'linux', arch: 'x64', glibc: '2.17' }, 'needs glibc 2.27 or newer, this machine has glibc 2.17'],
    [{ platform: 'linux', arch: 'x64' }, 'this machine has another C library'],
    [{ platform: 'linux', arch: 'riscv64', glibc: '2.39' }, 'TensorFlow is not available for linux-riscv64'],
    [{ platform: 'darwin', arch: 'arm64' }, 'TensorFlow is not available for darwin-arm64'],
  ])('says of %o what is missing, and that WebAssembly runs there', (machine, message) => {
    const attempt = () => engineTarget(machine);
    expect(attempt).toThrow(EngineInstallError);
    expect(attempt).toThrow(message);
    expect(() => attempt()).toThrow(expect.objectContaining({ remedy: expect.stringContaining('WebAssembly') }));
  });
});

describe('cudaTarget', () => {
  it('is there for linux-x64 alone', () => {
    expect(cudaTarget({ platform: 'linux', arch: 'x64', glibc: '2.36' })?.accelerator).toBe('gpu');
    expect(cudaTarget({ platform: 'linux', arch: 'arm64', glibc: '2.36' })).toBeUndefined();
    expect(cudaTarget({ platform: 'linux', arch: 'x64', glibc: '2.17' })).toBeUndefined();
  });

  it('pins hash and size of every wheel, and links only what it unpacks', () => {
    for (const { requirement, sha256, bytes, files, linked } of CUDA_WHEELS) {
      expect(requirement).toMatch(/^nvidia-[a-z0-9-]+-cu12==[\d.]+$/);
      expect(sha256).toMatch(/^[0-9a-f]{64}$/);
      expect(bytes).toBeGreaterThan(0);
      expect(files).toEqual(expect.arrayContaining([...linked]));
    }
  });
});

describe('isAtLeast', () => {
  it.each([
    ['525.60.13', true],
    ['525.60.9', false],
    ['525.125.06', true],
    ['470.82.01', false],
    ['551.23', true],
    [undefined, false],
  ])('compares %s to 525.60.13 part by part', (version, expected) => {
    expect(isAtLeast(version, '525.60.13')).toBe(expected);
  });
});
