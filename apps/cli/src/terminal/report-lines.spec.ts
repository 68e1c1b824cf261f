import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { sampleReport } from '../../../../test/reports/sample-report.js';
import { reportLines } from './report-lines.js';

const terminal = { width: Infinity, paint: (_: unknown, text: string) => text };

describe('reportLines', () => {
  it('says what a person asks of a model, a line each, and then its classes', () => {
    const teacherCache = {
      ...{ rows: 5000, hits: 4500, hitRate: 0.9 },
      ...{ deviceSecondsComputed: 12, deviceSecondsSaved: 330, largestError: 0.001 },
    };
    expect(reportLines({ ...sampleReport(), teacherCache }, terminal)).toEqual([
      'test         top-1 77.5 % (95 %: 71.2 to 82.7 %), macro F1 77.0 %; 200 images, read once',
      'calibration  NLL 0.8 → 0.8, Brier 0.4 → 0.4, ECE 7.1 % → 2.0 % at temperature 1.42',
      'fit          over-fitting: training 94.0 %, validation 80.0 %, test 77.5 %; a gap of 16.5 points (11.0 to 23.0)',
      'robustness   FGSM 40.0 % at ε 2/255, 10.0 % at ε 8/255; PGD-10 20.0 % at ε 2/255, 5.0 % at ε 8/255; corruptions 50.5 % on average; the same images as they are 77.5 %',
      'teacher      mobilenet_v2 (coco), top-1 86.0 %; the same answer for 80.0 %; lost: cat',
      'model        resnet8: 78,000 parameters, 319 kB, 12.5 M multiply-adds per image',
      'latency      1.2 ms (p95 2) for 1 image, 14.1 ms (p95 20) for 32 images; tensorflow, 1 thread',
      'time         3m 20s of the device, 3m 20s in all, 640 images/s in training',
      'cache        90.0 % of outputs were known (4,500 of 5,000): 5m 30s of the device saved, 12s spent',
      'chosen       lambda 0.01',
      'left out     attacks: the 30 seconds of report.maxSeconds were used up',
      'unreadable   1 file: cat/<script>.jpg',
      'look-alikes  1 of 200 test images looks like one of 900 training and 100 validation images',
      'warnings     training.batchSize 8 is small for batch normalisation',
      '',
      'CLASS              IMAGES  RECALL  PRECISION  MOST MISTAKEN FOR',
      'cat                   100  70.0 %     80.0 %  dog (20)',
      'dog                   100  80.0 %     80.0 %  cat (15)',
      '"quoted" <i>&</i>       0       -      0.0 %',
    ]);
  });

  it('says how often the test images were read, and whether before the model was finished', () => {
    const read = (testReads: number, early = 0) =>
      reportLines(
        { ...sampleReport(), testReads, testReaders: [{ reader: 'model', reads: testReads, early }] },
        terminal,
      )[0];
    expect(read(1)).toMatch(/; 200 images, read once$/);
    expect(read(2, 1)).toMatch(/; 200 images, read 2 times, before the end$/);
  });

  it('leaves out what the run has not looked into', () => {
    const { pipeline, name, seed, classes, dataset, model, engine, test, durationMs } = sampleReport();
    const { top1Interval: _, macroF1: __, ...bare } = test;
    const report = { pipeline, name, seed, classes, dataset, model, engine, test: bare, durationMs };
    const labels = reportLines(report, terminal).map((line) => line.slice(0, 12).trim());
    expect(labels.slice(0, 5)).toEqual(['test', 'calibration', 'model', 'time', 'unreadable']);
    expect(reportLines(report, terminal)[0]).toBe('test         top-1 77.5 %; 200 images');
  });

  it.each([40, 60, 80])('fits a terminal of %d columns', (width) => {
    const lines = reportLines(sampleReport(), { ...terminal, width });
    expect(lines.map((line) => stripVTControlCharacters(line).length).filter((length) => length > width)).toEqual([]);
    expect(lines.join(' ')).toContain('RECALL');
  });

  it('shows the worst of many classes', () => {
    const report = sampleReport();
    const perClass = Array.from({ length: 100 }, (_, i) => ({ name: `class ${i}`, images: 10, accuracy: 1 - i / 100 }));
    const matrix = perClass.map((_, label) => perClass.map((__, column) => Number(label === column)));
    const test = { ...report.test, perClass, confusionMatrix: matrix };
    const lines = reportLines({ ...report, classes: perClass.map(({ name }) => name), test }, terminal);
    expect(lines.slice(-13)).toHaveLength(13);
    expect(lines.at(-13)).toMatch(/^class 99 +10 +1\.0 %/);
    expect(lines.at(-1)).toBe('the worst 12 of 100 classes; the report has them all');
  });
});
