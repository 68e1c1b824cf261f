import { describe, expect, it } from 'vitest';
import { sampleExtras, sampleReport } from '../../../../../test/reports/sample-report.js';
import { ticks } from './line-plot.js';
import { reportPage } from './report-page.js';

const page = reportPage(sampleReport(), sampleExtras());

describe('reportPage', () => {
  it('needs nothing else: no script, no address but data:, and a policy that forbids both', () => {
    expect(page).not.toMatch(/<script|<link|<iframe|<object|javascript:|https?:\/\/|url\(|@import/i);
    expect(page).toContain(`default-src 'none'; style-src 'unsafe-inline'; img-src data:`);
  });

  it('writes the names of classes, files and specs as they are, never as markup', () => {
    expect(page).toContain('<h1>pets &lt;b&gt;from&lt;/b&gt; mobilenet</h1>');
    expect(page).toContain('&quot;quoted&quot; &lt;i&gt;&amp;&lt;/i&gt;');
    expect(page).toContain('cat/&lt;script&gt;.jpg: it is damaged');
    expect(page).not.toContain('undefined');
    expect(page).not.toContain('NaN');
  });

  it('has a title and a table of its numbers for every plot', () => {
    const plots = page.match(/<svg viewBox[^>]*role="img" aria-label="[^"]+">\s*<title>[^<]+<\/title>/g)!;
    // Loss, top-1, corruptions, attacks.
    expect(plots).toHaveLength(4);
    expect(page.match(/<summary>The numbers behind “/g)).toHaveLength(5);
    expect(page.match(/<table/g)!.length).toBe(page.match(/<caption>/g)!.length);
  });

  it('says what a report has, and leaves out the parts that it has not', () => {
    const { attacks: _, corruptions: _also, agreement: _none, mistakes: _nor, ...less } = sampleReport();
    const short = reportPage({ ...less, warnings: [], skipped: [] }, { curves: new Map(), thumbnails: [] });
    for (const id of ['robustness', 'teacher', 'mistakes']) expect(short).not.toContain(`id="${id}"`);
    expect(short).toContain('The test images were looked at once, after the training.');
    expect(short).toContain('1 of 200 test images looks like one of 900 training and 100 validation images.');
    expect(reportPage({ ...less, testReads: 3 }, sampleExtras())).toContain('looked at 3 times: a score');
    const reader = (reader: string, early = 0) => ({ reader, reads: 1, early });
    const readBy = (...testReaders: ReturnType<typeof reader>[]) =>
      reportPage({ ...less, testReads: 1, testReaders }, sampleExtras());
    expect(readBy(reader('model'), reader('teacher'))).toContain('once, after the training, and once by its teacher.');
    expect(readBy(reader('model'), reader('teacher.0'), reader('teacher.1'))).toContain('once by each of 2 teachers.');
    expect(readBy(reader('model'), reader('teacher', 1))).toContain('looked at before the model was finished: a score');
  });

  it('says what a temperature was found by, or why there is none', () => {
    const { calibration, ...rest } = sampleReport();
    const { before, scaling } = calibration!;
    expect(page).toContain('T = 1.420, fitted on 100 validation images: the model is too sure of itself.');
    const earlier = { before, scaling: { ...scaling!, beforeFinalFit: true } };
    expect(reportPage({ ...rest, calibration: earlier }, sampleExtras())).toContain(
      'fitted on 100 validation images before the final fit, which has trained on them too: the model',
    );
    const none = { ...rest, calibration: { before }, skipped: ['temperature scaling: it was too late'] };
    expect(reportPage(none, sampleExtras())).toContain('No temperature: it was too late.');
    expect(reportPage({ ...none, skipped: [] }, sampleExtras())).toContain('No temperature: nothing to fit one on.');
  });

  it('shows many classes as a picture, and the most frequent confusions as a table', () => {
    const classes = Array.from({ length: 40 }, (_, i) => `class ${i}`);
    const confusionMatrix = classes.map((_, i) => classes.map((_, j) => (i === j ? 9 : i === 3 && j === 4 ? 7 : 0)));
    const report = sampleReport();
    const large = reportPage({ ...report, classes, test: { ...report.test, confusionMatrix } }, sampleExtras());
    expect(large).toContain('Confusion matrix of 40 classes as a picture: 360 answers are on the diagonal.');
    expect(large).toContain('<th scope="row">class 3</th><td>class 4</td><td>7</td><td>43.8 %</td>');
  });
});

it('ticks are round numbers between two ends', () => {
  expect(ticks(0, 1, 4)).toEqual([0, 0.5, 1]);
  expect(ticks(0.4, 2.3, 4)).toEqual([0.5, 1, 1.5, 2]);
  expect(ticks(0, 390, 6)).toEqual([0, 100, 200, 300]);
  expect(ticks(3, 3, 4)).toEqual([3]);
});
