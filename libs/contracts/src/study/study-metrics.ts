import type { Report } from '../report.js';

interface StudyMetric {
  title: string;
  /** A share, 0 to 1: differences of it are said in percentage points. */
  share: boolean;
  better: 'higher' | 'lower';
}

/** What arms of a study are compared by: paths of a run's report. */
export const STUDY_METRICS = {
  'test.top1': { title: 'test top-1', share: true, better: 'higher' },
  'test.top5': { title: 'test top-5', share: true, better: 'higher' },
  'test.macroF1': { title: 'test macro F1', share: true, better: 'higher' },
  'test.loss': { title: 'test loss', share: false, better: 'lower' },
  'validation.top1': { title: 'validation top-1', share: true, better: 'higher' },
  'validation.loss': { title: 'validation loss', share: false, better: 'lower' },
  'calibration.before.ece': { title: 'ECE', share: true, better: 'lower' },
  'calibration.before.brier': { title: 'Brier score', share: false, better: 'lower' },
  'calibration.scaling.after.ece': { title: 'ECE, temperature scaled', share: true, better: 'lower' },
  'corruptions.mean': { title: 'top-1 of corrupted images', share: true, better: 'higher' },
  'agreement.top1': { title: 'agreement with the teacher', share: true, better: 'higher' },
  'cost.deviceSeconds': { title: 'device seconds', share: false, better: 'lower' },
} as const satisfies Record<string, StudyMetric>;

export type StudyMetricName = keyof typeof STUDY_METRICS;
export const STUDY_METRIC_NAMES = Object.keys(STUDY_METRICS) as [StudyMetricName, ...StudyMetricName[]];

/** The parts of a report that a study reads. */
export type StudyReport = {
  test: Pick<Report['test'], 'top1' | 'top5' | 'macroF1' | 'loss'>;
  corruptions?: { mean: number | null };
  cost?: { deviceSeconds: number };
  agreement?: { top1: number };
  calibration?: { before: { ece: number; brier: number }; scaling?: { after: { ece: number } } };
} & Pick<Report, 'validation' | 'testAnswers'>;

/** `undefined` where the report has no such number. */
export function studyMetricOf(report: StudyReport, name: StudyMetricName): number | undefined {
  const found = name
    .split('.')
    .reduce<unknown>(
      (node, key) => (typeof node === 'object' && node !== null ? (node as Record<string, unknown>)[key] : undefined),
      report,
    );
  return typeof found === 'number' ? found : undefined;
}
