import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { isFlat, summariseMemory } from '../../bench/engine/memory-summary.js';
import {
  duels,
  geometricMean,
  median,
  parameterCounts,
  summariseRow,
  verdicts,
  type Contender,
  type Line,
} from '../../bench/engine/summary.js';
import { buildPrograms, testTensorflow } from '../services/test-services.js';

const tensorflow = await testTensorflow();
const root = resolve(import.meta.dirname, '../..');

const ROW = {
  name: 'resnet18@224 train b16 float32',
  model: 'resnet18',
  mode: 'train',
  size: 224,
  batch: 16,
  precision: 'float32',
  trainers: 1,
  // So that one image per second is one GFLOP per second.
  multiplyAddsPerImage: 5e8,
} as const;

function contender(engine: string, setting: string, rates: number[], more: Partial<Contender> = {}): Contender {
  const turns = rates.map((rate, index) => ({
    rate,
    firstStepMs: 1000 * (rates.length - index),
    peakBytes: 900,
    baseBytes: 400,
    parameters: 7,
  }));
  return { engine, setting, processes: 1, threads: 2, turns, ...more };
}

function line(engine: string, imagesPerSecond: number | undefined, more: Partial<Line> = {}): Line {
  return { ...ROW, engine, imagesPerSecond, firstStepMs: 2000, peakBytes: 800, peakBytesOverLibraries: 500, ...more };
}

const found = (lines: Line[], goal: string, matmulGigaflops?: number) =>
  verdicts(lines, { matmulGigaflops, convolutionBound: [ROW.name] }).find((verdict) => verdict.goal.startsWith(goal));

describe('the summary of the bench', () => {
  it('takes the middle value, and the mean of the middle two of an even number', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([4, 1, 3, 100])).toBe(3.5);
  });

  it('averages ratios so that twice as fast and half as fast cancel out', () => {
    expect(geometricMean([2, 0.5])).toBeCloseTo(1, 12);
  });

  it('gives each engine a line at the setting with the best median, not with the best single round', () => {
    const lines = summariseRow(ROW, [
      contender('pytorch', 'contiguous', [10, 11, 99]),
      contender('pytorch', 'channels-last', [20, 12, 14]),
    ]);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({
      setting: 'channels-last',
      imagesPerSecond: 14,
      lowest: 12,
      highest: 20,
      rounds: 3,
      firstStepMs: 2000,
      peakBytes: 900,
      peakBytesOverLibraries: 500,
      gigaflopsPerSecond: 14,
      otherSettings: [{ setting: 'contiguous', imagesPerSecond: 11 }],
    });
  });

  it('counts the first compilation of torch.compile, which later rounds find in a cache', () => {
    const [compiled] = summariseRow(ROW, [contender('torch-compile', 'frozen', [10, 11, 12])]);
    expect(compiled.firstStepMs).toBe(3000);
  });

  it('keeps the failure of an engine that ran in no setting, and of a setting where another ran', () => {
    const failed = { failure: 'no compiler' };
    expect(summariseRow(ROW, [contender('torch-compile', 'plain', [], failed)])[0]).toMatchObject(failed);
    const [mixed] = summariseRow(ROW, [contender('pytorch', 'a', [5]), contender('pytorch', 'b', [], failed)]);
    expect(mixed).toMatchObject({ imagesPerSecond: 5, failures: [{ setting: 'b', failure: 'no compiler' }] });
  });

  it("holds our engine against the faster of PyTorch's two, and leaves out rows that lack one side", () => {
    const lines = [
      line('distillery', 30),
      line('pytorch', 10),
      line('torch-compile', 20),
      line('distillery', 5, { name: 'alone' }),
      line('pytorch', undefined, { name: 'alone', failure: 'killed' }),
    ];
    expect(duels(lines).map(({ name, torch, ratio }) => [name, torch.engine, ratio])).toEqual([
      [ROW.name, 'torch-compile', 1.5],
    ]);
  });

  it('shows where two sides measured different networks', () => {
    const lines = [line('distillery', 1, { parameters: 7 }), line('pytorch', 1, { parameters: 8 })];
    expect(parameterCounts(lines)).toEqual([{ model: 'resnet18', counts: [7, 8] }]);
  });
});

describe('the verdicts of the bench', () => {
  it('are none where nothing was measured', () => {
    for (const verdict of verdicts([], { convolutionBound: [] })) {
      expect(verdict.found).toBe('not measured');
      expect(verdict.met).toBeUndefined();
    }
  });

  it('refuse a good mean with one row below the rival', () => {
    const second = { name: 'other' };
    const lines = [
      line('distillery', 20),
      line('pytorch', 10),
      line('distillery', 9, second),
      line('pytorch', 10, second),
    ];
    const verdict = found(lines, 'training, float32')!;
    // √(2 · 0.9)
    expect(verdict.found).toBe('1.34× over 2 rows, the lowest 0.90× (other)');
    expect(verdict.met).toBe(false);
    expect(found(lines.slice(0, 2), 'training, float32')!.met).toBe(true);
  });

  it('judge several trainers apart from one', () => {
    const lines = [line('distillery', 14, { trainers: 2 }), line('pytorch', 10, { trainers: 2 })];
    expect(found(lines, 'training, float32')!.found).toBe('not measured');
    expect(found(lines, 'many small trainers')).toMatchObject({ met: true, found: expect.stringContaining('1.40×') });
  });

  it('hold networks of convolutions against the rate of matrix products', () => {
    const lines = [line('distillery', 10, { gigaflopsPerSecond: 80 })];
    expect(found(lines, 'networks of convolutions', 100)!).toMatchObject({
      met: false,
      found: '1 of 1 row not: 80 % (resnet18@224 train b16 float32)',
    });
    expect(found(lines, 'networks of convolutions', 88)!.met).toBe(true);
  });

  it('compare memory with and without what libraries take before a network is made', () => {
    const lines = [
      line('distillery', 10, { peakBytes: 900, peakBytesOverLibraries: 500 }),
      line('pytorch', 10, { peakBytes: 1000, peakBytesOverLibraries: 400 }),
    ];
    expect(found(lines, 'peak memory, libraries included')!.met).toBe(true);
    expect(found(lines, 'peak memory over')!).toMatchObject({ met: false, found: expect.stringContaining('1.25×') });
  });

  it('want half of the forward rows above onnxruntime', () => {
    const forward = { mode: 'forward' } as const;
    const lines = [
      line('distillery', 10, { ...forward, name: 'a' }),
      line('onnxruntime', 9, { ...forward, name: 'a' }),
      line('distillery', 10, { ...forward, name: 'b' }),
      line('onnxruntime', 20, { ...forward, name: 'b' }),
    ];
    expect(found(lines, 'forward: above onnxruntime')).toMatchObject({
      met: true,
      found: '1 of 2: 1.11× (a), 0.50× (b)',
    });
  });
});

it('the memory bench measures growth after the warm-up', () => {
  const samples = Array.from({ length: 20 }, (_, index) => ({
    step: index + 1,
    residentBytes: index < 2 ? 10 : index < 18 ? 100 : 103,
    tensors: 36,
  }));
  expect(summariseMemory(samples).growth).toBeCloseTo(0.03, 12);
});

describe.skipIf(!tensorflow)('npm run bench:memory', () => {
  it('finds as many tensors after 10,000 captured steps, and no more than 2 % more memory', async () => {
    await buildPrograms();
    const args = [join(root, 'bench/engine/memory.js'), '--steps', '10000', '--batch', '2', '--threads', '1'];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    expect(stdout).toContain('Flat, within 2 %: yes');
  }, 300_000);

  it('says when memory grows', () => {
    expect(isFlat({ growth: 0.021, tensorsAtStart: 36, tensorsAtEnd: 36 })).toBe(false);
    expect(isFlat({ growth: 0.01, tensorsAtStart: 36, tensorsAtEnd: 37 })).toBe(false);
    expect(isFlat({ growth: 0.01, tensorsAtStart: 36, tensorsAtEnd: 36 })).toBe(true);
  });
});

describe.skipIf(!tensorflow)('npm run bench:engine', () => {
  it('goes on without a rival that cannot be had, and says so', async () => {
    await buildPrograms();
    const rivals = ['--engines', 'distillery,pytorch', '--python', '/missing/python'];
    const args = ['--quick', '--rows', '^lenet.*train', '--seconds', '0.1', ...rivals];
    const { stdout } = await promisify(execFile)(process.execPath, [join(root, 'bench/engine.js'), ...args]);
    expect(stdout).toContain('| lenet@28 train b64 float32 |');
    expect(stdout).toContain('PyTorch is left out: spawn /missing/python ENOENT');
  });

  it('measures one row and writes it as JSON', async () => {
    await buildPrograms();
    const folder = await mkdtemp(join(tmpdir(), 'distillery-bench-spec-'));
    try {
      const json = join(folder, 'bench.json');
      const args = ['--quick', '--rows', '^lenet', '--engines', 'distillery', '--seconds', '0.1', '--json', json];
      const { stdout } = await promisify(execFile)(process.execPath, [join(root, 'bench/engine.js'), ...args]);
      expect(stdout).toContain('| lenet@28 train b64 float32 |');
      const { rows } = JSON.parse(await readFile(json, 'utf8')) as { rows: Line[] };
      // 5·5·6 + 6 + 5·5·6·16 + 16 + 400·120 + 120 + 120·84 + 84 + 84·10 + 10
      expect(rows).toMatchObject([
        { engine: 'distillery', model: 'lenet', mode: 'train', batch: 64, parameters: 61_706 },
      ]);
      for (const field of ['imagesPerSecond', 'firstStepMs', 'peakBytes'] as const) {
        expect(rows[0][field]).toBeGreaterThan(0);
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
