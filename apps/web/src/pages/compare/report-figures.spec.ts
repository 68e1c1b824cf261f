import { expect, it } from 'vitest';
import { sampleReport } from '../../../../../test/reports/sample-report.js';
import { reportFigures } from './report-figures.js';

it('compares reports by all that they have measured', () => {
  const report = sampleReport();
  const shown = reportFigures([report]).map(({ title, of, format }) => `${title}: ${format(of(report)!)}`);
  expect(shown).toEqual([
    'Top-1: 77.5 %',
    'Macro F1: 77.0 %',
    'NLL: 0.8',
    'Brier score: 0.4',
    'ECE: 7.1 %',
    'ECE, temperature scaled: 2.0 %',
    'Training above test: 16.5 points',
    'Top-1 of corrupted images: 50.5 %',
    'Top-1 under FGSM, ε 2/255: 40.0 %',
    'Top-1 under FGSM, ε 8/255: 10.0 %',
    'Top-1 under PGD-10, ε 2/255: 20.0 %',
    'Top-1 under PGD-10, ε 8/255: 5.0 %',
    'Latency p50, 1 image: 1.2 ms',
    'Latency p95, 1 image: 2 ms',
    'Latency p50, 32 images: 14.1 ms',
    'Latency p95, 32 images: 20 ms',
    'Agreement with the teacher: 80.0 %',
    'Parameters: 78 k',
    'Weights: 311.5 KiB',
    'Multiply-adds per image: 12.5 M',
    'Device time: 3 min 20 s',
  ]);
});

it('leaves out what none has, and keeps what one has', () => {
  const { calibration: _, gap: __, attacks, corruptions: ___, agreement: ____, cost: _____, ...bare } = sampleReport();
  expect(reportFigures([bare]).map(({ title }) => title)).toEqual([
    'Top-1',
    'Macro F1',
    'NLL',
    'Parameters',
    'Weights',
  ]);
  const attack = reportFigures([bare, { ...bare, attacks }]).find(({ title }) => title.includes('FGSM'))!;
  expect([attack.of(bare), attack.of({ ...bare, attacks })]).toEqual([undefined, 0.4]);
});
