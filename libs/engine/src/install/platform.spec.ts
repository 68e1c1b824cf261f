import { describe, expect, it } from 'vitest';
import { EngineInstallError } from './install-error.js';
import { engineTarget } from './platform.js';

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
