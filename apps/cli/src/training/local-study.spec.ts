import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expandRuns, parseSpec, type Spec } from '#contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sampleReport } from '../../../../test/reports/sample-report.js';
import { readExperiment, writeExperiment } from './experiment-folder.js';
import { localStudy } from './local-study.js';

let out: string;
beforeEach(async () => (out = await mkdtemp(path.join(os.tmpdir(), 'distillery-study-'))));
afterEach(() => rm(out, { recursive: true, force: true }));

function specOf(fields: object): Spec {
  const parsed = parseSpec({ name: 'ladder', dataset: { name: 'cifar10' }, seeds: [0, 1], ...fields });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return parsed.spec;
}

const ladder = {
  ladder: {
    student: { pipeline: 'distillation', teacher: { arm: 'transfer' }, student: { model: 'small_cnn' } },
    transfer: { pipeline: 'transfer', backbone: { model: 'small_cnn', weights: 'none' } },
  },
  claims: [{ better: 'transfer', than: 'student', metric: 'test.loss', by: 0.1 }],
};

async function complete(name: string, loss: number, state = 'completed'): Promise<void> {
  const folder = path.join(out, name);
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'run.json'), JSON.stringify({ state, startedAt: '2026-01-01T00:00:00.000Z' }));
  const report = sampleReport();
  await writeFile(path.join(folder, 'report.json'), JSON.stringify({ ...report, test: { ...report.test, loss } }));
}

describe('an experiment in its folder', () => {
  it.each([
    ['a ladder', ladder],
    [
      'a grid with drawn points',
      {
        ...{ pipeline: 'transfer', backbone: { model: 'small_cnn' }, matrix: { 'training.epochs': [1, 2] } },
        random: { runs: 2, fields: { 'training.optimizer.learningRate': { logUniform: [0.001, 0.1] } } },
      },
    ],
  ])('is read as it was written: %s', async (_, fields) => {
    const spec = specOf(fields);
    await writeExperiment(out, spec);
    const read = await readExperiment(out);
    expect(read).toEqual(spec);
    expect(expandRuns(read)).toEqual(expandRuns(spec));
  });

  it('is said not to be there, or to be damaged, in words', async () => {
    await expect(readExperiment(out)).rejects.toThrow(/has neither experiment\.yaml nor config\.yaml/);
    await writeFile(path.join(out, 'experiment.yaml'), 'name: [');
    await expect(readExperiment(out)).rejects.toThrow(/experiment\.yaml is no YAML/);
    await writeFile(path.join(out, 'experiment.yaml'), 'name: a\npipeline: transfer\n');
    await expect(readExperiment(out)).rejects.toThrow(/experiment\.yaml: dataset: /);
  });
});

describe('localStudy', () => {
  it('sums up the runs that have completed, and counts the others', async () => {
    await writeExperiment(out, specOf(ladder));
    await complete('arm-transfer.seed-0', 0.5);
    await complete('arm-transfer.seed-1', 0.6);
    await complete('arm-student.seed-0', 0.9);
    await complete('arm-student.seed-1', 9, 'failed');
    const study = await localStudy(out);
    expect(study).toMatchObject({ name: 'ladder', folder: out });
    expect(study.arms.map(({ label, runs }) => [label, runs.map(({ seed, state }) => `${seed} ${state}`)])).toEqual([
      ['transfer', ['0 completed', '1 completed']],
      ['student', ['0 completed', '1 failed']],
    ]);
    expect(study.arms[0].runs[1].folder).toBe(path.join(out, 'arm-transfer.seed-1'));
    const loss = study.arms[0].results.find(({ metric }) => metric === 'test.loss');
    expect(loss).toMatchObject({ mean: 0.55, seeds: 2 });
    expect(study.claims[0]).toMatchObject({ seeds: 1, verdict: 'undecided' });
    expect(study.claims[0].difference).toBeCloseTo(0.4, 12);
  });

  it('takes runs that have not begun as waiting for their turn', async () => {
    await writeExperiment(out, specOf(ladder));
    const { arms } = await localStudy(out);
    expect(arms.flatMap(({ runs, results }) => [...runs.map(({ state }) => state), results.length])).toEqual([
      ...['queued', 'queued', 0, 'queued', 'queued', 0],
    ]);
  });
});
