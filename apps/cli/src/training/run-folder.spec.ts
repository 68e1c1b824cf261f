import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseSpec, type Spec } from '#contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sampleReport } from '../../../../test/reports/sample-report.js';
import { readReport, readRunRecord, RunFolder, runName } from './run-folder.js';

let folder: string;
beforeEach(async () => (folder = await mkdtemp(path.join(os.tmpdir(), 'distillery-run-'))));
afterEach(() => rm(folder, { recursive: true, force: true }));

const parsed = parseSpec({
  name: 'a',
  pipeline: 'transfer',
  dataset: { name: 'cifar10' },
  backbone: { model: 'small_cnn' },
});
const spec = (parsed as { spec: Spec }).spec;
const read = (name: string) => readFile(path.join(folder, name), 'utf8');
const metrics = (step: number, loss: number) => ({
  type: 'metrics' as const,
  step,
  at: 0,
  values: { 'train.loss': loss },
});

describe('RunFolder', () => {
  it('writes down what the trainer says', async () => {
    const run = await RunFolder.create(folder, spec, undefined);
    run.take({ type: 'log', level: 'warn', message: 'one file is unreadable', at: 0 });
    run.take(metrics(0, 2.3));
    run.take({ type: 'artifact', kind: 'model', name: 'model/model.json', path: 'model/model.json' });
    await run.finish({ type: 'completed' });
    expect(await read('log.txt')).toBe('1970-01-01T00:00:00.000Z warn  one file is unreadable\n');
    expect(JSON.parse(await read('metrics.jsonl'))).toEqual({
      step: 0,
      at: '1970-01-01T00:00:00.000Z',
      'train.loss': 2.3,
    });
    expect(await readRunRecord(folder)).toMatchObject({ state: 'completed', model: 'model' });
    expect(await read('config.yaml')).toContain('pipeline: transfer');
    expect(await read('README.md')).toContain('metrics.jsonl');
  });

  it('is read again by its name, its record and its report', async () => {
    const run = await RunFolder.create(folder, spec, undefined);
    const report = sampleReport();
    await run.finish({ type: 'completed', report });
    expect(await runName(folder)).toBe('a');
    expect(await readReport(folder)).toEqual(report);
    await Promise.all(['report.json', 'config.yaml'].map((name) => writeFile(path.join(folder, name), '{"name": [')));
    expect([await runName(folder), await readReport(folder)]).toEqual([undefined, undefined]);
  });

  it('replaces the steps that a continued attempt repeats', async () => {
    const first = await RunFolder.create(folder, spec, undefined);
    [metrics(0, 3), metrics(1, 2), metrics(2, 1)].forEach((event) => first.take(event));
    first.take({ type: 'artifact', kind: 'checkpoint', name: 'checkpoint', path: 'checkpoint' });
    await first.finish({ type: 'cancelled', reason: 'Ctrl-C' });
    const record = await readRunRecord(folder);
    expect(record).toMatchObject({ state: 'cancelled', checkpoint: 'checkpoint' });
    const second = await RunFolder.create(folder, spec, record);
    second.take(metrics(2, 0.9));
    await second.finish({ type: 'completed' });
    const lines = (await read('metrics.jsonl'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, number>);
    expect(lines.map((line) => [line.step, line['train.loss']])).toEqual([
      [0, 3],
      [1, 2],
      [2, 0.9],
    ]);
  });

  it('keeps why a run failed', async () => {
    const run = await RunFolder.create(folder, spec, undefined);
    await run.finish({ type: 'failed', failure: { class: 'user', message: 'no such folder', remedy: 'name another' } });
    expect(await readRunRecord(folder)).toMatchObject({ state: 'failed', failure: { message: 'no such folder' } });
    expect(await read('log.txt')).toContain('no such folder');
  });
});
