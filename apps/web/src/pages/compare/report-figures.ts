import type { Report } from '#contracts';
import { bytes, duration, number, percent, powers } from '../../format/quantities.js';
import type { Better } from './best.js';

/** A number of a report by which runs are compared. */
export interface ReportFigure {
  title: string;
  better: Better;
  of(report: Report): number | null | undefined;
  format(value: number): string;
}

const share = (value: number) => percent(value);
const plain = (value: number) => number(value);
const signed = (value: number) => `${(value * 100).toFixed(1)} points`;
const milliseconds = (value: number) => `${number(value, 3)} ms`;

const FIXED: readonly ReportFigure[] = [
  { title: 'Top-1', better: 'higher', of: ({ test }) => test.top1, format: share },
  { title: 'Top-5', better: 'higher', of: ({ test }) => test.top5, format: share },
  { title: 'Macro F1', better: 'higher', of: ({ test }) => test.macroF1, format: share },
  { title: 'NLL', better: 'lower', of: ({ test }) => test.loss, format: plain },
  { title: 'Brier score', better: 'lower', of: ({ calibration }) => calibration?.before.brier, format: plain },
  { title: 'ECE', better: 'lower', of: ({ calibration }) => calibration?.before.ece, format: share },
  {
    title: 'ECE, temperature scaled',
    better: 'lower',
    of: ({ calibration }) => calibration?.scaling?.after.ece,
    format: share,
  },
  { title: 'Training above test', better: undefined, of: ({ gap }) => gap?.trainMinusTest.difference, format: signed },
  { title: 'Top-1 of corrupted images', better: 'higher', of: ({ corruptions }) => corruptions?.mean, format: share },
];
const COST: readonly ReportFigure[] = [
  { title: 'Agreement with the teacher', better: 'higher', of: ({ agreement }) => agreement?.top1, format: share },
  { title: 'Parameters', better: 'lower', of: ({ model }) => model.parameters, format: powers },
  { title: 'Weights', better: 'lower', of: ({ model }) => model.bytes, format: bytes },
  { title: 'Multiply-adds per image', better: 'lower', of: ({ cost }) => cost?.multiplyAdds, format: powers },
  {
    title: 'Device time',
    better: 'lower',
    of: ({ cost }) => cost?.deviceSeconds,
    format: (seconds) => duration(seconds * 1000),
  },
];

/** What these reports can be compared by: of attacks and latencies, whatever one of them has measured. */
export function reportFigures(reports: readonly Report[]): ReportFigure[] {
  const all = [...FIXED, ...attacksOf(reports), ...latenciesOf(reports), ...COST];
  return all.filter(({ of }) => reports.some((report) => typeof of(report) === 'number'));
}

function attacksOf(reports: readonly Report[]): ReportFigure[] {
  const found = reports.flatMap(({ attacks }) => attacks?.found ?? []);
  const keys = new Map(found.map((each) => [`${each.attack} ${each.epsilon} ${each.steps}`, each]));
  return [...keys.values()].map(({ attack, epsilon, steps }) => ({
    title: `Top-1 under ${attack.toUpperCase()}${steps > 1 ? `-${steps}` : ''}, ε ${number(epsilon)}/255`,
    better: 'higher',
    of: ({ attacks }) =>
      attacks?.found.find((each) => each.attack === attack && each.epsilon === epsilon && each.steps === steps)?.top1,
    format: share,
  }));
}

function latenciesOf(reports: readonly Report[]): ReportFigure[] {
  const batches = new Set(reports.flatMap(({ cost }) => (cost?.latency ?? []).map(({ batch }) => batch)));
  return [...batches].flatMap((size) =>
    (['p50Ms', 'p95Ms'] as const).map((quantile): ReportFigure => ({
      title: `Latency ${quantile.slice(0, 3)}, ${size === 1 ? '1 image' : `${size} images`}`,
      better: 'lower',
      of: ({ cost }) => cost?.latency.find(({ batch }) => batch === size)?.[quantile],
      format: milliseconds,
    })),
  );
}
