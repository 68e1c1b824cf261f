import { describe, expect, it } from 'vitest';
import { InstallMeter, type InstallProgress } from './install-progress.js';

describe('InstallMeter', () => {
  it('makes one bar of all phases that never falls and ends at 1', () => {
    const seen: InstallProgress[] = [];
    let now = 0;
    const meter = new InstallMeter(
      (progress) => seen.push(progress),
      () => (now += 1000),
    );
    meter.enter('download');
    meter.bytes('download', 50, 100);
    meter.bytes('download', 40, 100);
    meter.enter('verify');
    meter.bytes('unpack', 1, 2);
    meter.finish();
    const fractions = seen.map(({ fraction }) => fraction);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    expect(fractions.at(-1)).toBe(1);
    expect(seen[0]).toMatchObject({ phase: 'download', label: 'downloading TensorFlow', fraction: 0 });
    expect(seen[0]!.etaMs).toBe(40_000);
    expect(seen[1]).toMatchObject({ bytes: 50, totalBytes: 100 });
    expect(seen[1]!.etaMs).toBeGreaterThan(0);
    expect(seen.at(-1)!.etaMs).toBe(0);
  });

  it('counts no fraction of bytes whose total is not known', () => {
    const seen: InstallProgress[] = [];
    new InstallMeter((progress) => seen.push(progress)).bytes('download', 50, 0);
    expect(seen[0]!.fraction).toBe(0);
  });
});
