import type { Report } from '#contracts';
import { bytes, count, duration, number, percent, powers } from '../../../format/quantities.js';
import styles from './report.module.css';

interface Figure {
  name: string;
  value: string;
  note?: string;
}

/** The numbers that a model is judged by, in groups: right, sure, robust, like its teacher, fast and small. */
export function Figures({ report }: { report: Report }) {
  const { test: tested, testReads } = report;
  const images = `${count(tested.images, 'image')}${testReads === 1 ? ', read once' : ''}`;
  const groups: [title: string, figures: Figure[], note?: string][] = [
    ['Test', test(report), images],
    ['Robustness', robustness(report)],
    ['Teacher', teacher(report)],
    ['Model', model(report)],
    ['Training', training(report)],
  ];
  return (
    <div className={styles.groups}>
      {groups.map(
        ([title, figures, note]) =>
          figures.length > 0 && (
            <div key={title} className={styles.group}>
              <h3>
                {title}
                {note !== undefined && <small>{note}</small>}
              </h3>
              <dl className={styles.figures}>
                {figures.map(({ name, value, note }) => (
                  <div key={name}>
                    <dt>{name}</dt>
                    <dd>
                      {value}
                      {note !== undefined && <small>{note}</small>}
                    </dd>
                  </div>
                ))}
              </dl>
            </div>
          ),
      )}
    </div>
  );
}

function test({ test, calibration }: Report): Figure[] {
  const after = calibration?.scaling?.after;
  const scaled = (value: string | undefined) => (value === undefined ? undefined : `${value} scaled`);
  return [
    {
      name: 'Top-1 accuracy',
      value: percent(test.top1),
      note: test.top1Interval && `${span(test.top1Interval)} (95 %)`,
    },
    ...(test.top5 === undefined ? [] : [{ name: 'Top-5 accuracy', value: percent(test.top5) }]),
    ...(test.macroF1 === undefined ? [] : [{ name: 'Macro F1', value: percent(test.macroF1) }]),
    { name: 'NLL', value: number(test.loss), note: scaled(after && number(after.nll)) ?? 'nats per image' },
    ...(calibration === undefined
      ? []
      : [
          { name: 'Brier score', value: number(calibration.before.brier), note: scaled(after && number(after.brier)) },
          { name: 'ECE', value: percent(calibration.before.ece), note: scaled(after && percent(after.ece)) },
        ]),
  ];
}

function robustness({ corruptions, attacks }: Report): Figure[] {
  const strongest = (kind: 'fgsm' | 'pgd', name: string): Figure[] => {
    const found = (attacks?.found ?? []).filter(({ attack }) => attack === kind);
    const last = [...found].sort((a, b) => a.epsilon - b.epsilon).at(-1);
    if (last === undefined) return [];
    const steps = last.steps > 1 ? `-${last.steps}` : '';
    return [{ name: `${name}${steps}`, value: percent(last.top1), note: `ε ${number(last.epsilon)}/255` }];
  };
  const clean = corruptions?.clean ?? attacks?.clean;
  const mean = corruptions?.mean ?? null;
  const figures = [
    ...(mean === null ? [] : [{ name: 'Corrupted images', value: percent(mean), note: 'mean of all severities' }]),
    ...strongest('fgsm', 'FGSM'),
    ...strongest('pgd', 'PGD'),
  ];
  if (figures.length === 0 || clean === undefined) return figures;
  return [...figures, { name: 'As they are', value: percent(clean) }];
}

function teacher({ teacher, agreement, teacherCache }: Report): Figure[] {
  return [
    ...(teacher?.testTop1 === undefined
      ? []
      : [{ name: 'Top-1 accuracy', value: percent(teacher.testTop1), note: teacher.name }]),
    ...(agreement === undefined
      ? []
      : [
          { name: 'Same answer', value: percent(agreement.top1) },
          {
            name: 'Classes lost',
            value: String(agreement.lost.length),
            note: agreement.lost.length === 0 ? undefined : some(agreement.lost),
          },
        ]),
    ...(teacherCache === undefined || teacherCache.rows === 0
      ? []
      : [
          {
            name: 'Cache hits',
            value: percent(teacherCache.hitRate),
            note: `${duration(teacherCache.deviceSecondsSaved * 1000)} saved`,
          },
        ]),
  ];
}

function model({ model, cost }: Report): Figure[] {
  return [
    { name: 'Parameters', value: powers(model.parameters), note: model.name },
    { name: 'Weights', value: bytes(model.bytes) },
    ...(cost?.multiplyAdds === undefined
      ? []
      : [{ name: 'Multiply-adds', value: powers(cost.multiplyAdds), note: 'per image' }]),
    ...(cost?.latency ?? []).map(({ batch, p50Ms, p95Ms }) => ({
      name: `Latency, ${count(batch, 'image')}`,
      value: `${number(p50Ms, 3)} ms`,
      note: `p95 ${number(p95Ms, 3)} ms`,
    })),
  ];
}

function training({ dataset, engine, cost, durationMs, imagesPerSecond, chosen = {} }: Report): Figure[] {
  const whole = (images: number) => images.toLocaleString('en');
  return [
    {
      name: 'Images',
      value: whole(dataset.train),
      note:
        `${whole(dataset.validation)} for validation` +
        (dataset.unlabelled > 0 ? `, ${whole(dataset.unlabelled)} without labels` : ''),
    },
    ...(cost === undefined ? [] : [{ name: 'Device time', value: duration(cost.deviceSeconds * 1000) }]),
    {
      name: 'In all',
      value: duration(durationMs),
      note: imagesPerSecond === undefined ? undefined : `${number(imagesPerSecond, 3)} images/s`,
    },
    {
      name: 'Engine',
      value: engine.backend,
      note: `${engine.version}, ${count(engine.threads, 'thread')}`,
    },
    ...Object.entries(chosen).map(([key, value]) => ({
      name: `Chosen: ${key}`,
      value: typeof value === 'number' ? number(value) : String(value),
    })),
  ];
}

function some(names: readonly string[]): string {
  return names.slice(0, 3).join(', ') + (names.length > 3 ? '…' : '');
}

function span([low, high]: readonly [number, number]): string {
  return `${(low * 100).toFixed(1)} to ${percent(high)}`;
}
