import { leftOut, lookAlikeWords, type Report, type ScoreOfSplit } from '#contracts';
import type { LabelledText } from './labelled-lines.js';
import { bytes, duration, large, percent, significant } from './units.js';

const ATTACKS = { fgsm: 'FGSM', pgd: 'PGD' } as const;
const GAP_COLOURS = {
  'over-fitting': 'red',
  'slight over-fitting': 'yellow',
  'no over-fitting seen': 'green',
  undecided: undefined,
} as const;

/** The numbers of a report that a person asks for first, a line each; what the run has not looked into has none. */
export function reportSummary(report: Report): LabelledText[] {
  return [
    test(report),
    ...calibration(report),
    ...gap(report),
    ...robustness(report),
    ...teacher(report),
    ...model(report),
    ...teacherCache(report),
    ...chosen(report),
    ...remarks(report),
  ];
}

function test({ test, testReads, testReaders }: Report): LabelledText {
  const { top1, top1Interval, top5, macroF1, images } = test;
  const parts = [
    `top-1 ${percent(top1)}${top1Interval === undefined ? '' : ` (95 %: ${span(top1Interval)})`}`,
    ...(top5 === undefined ? [] : [`top-5 ${percent(top5)}`]),
    ...(macroF1 === undefined ? [] : [`macro F1 ${percent(macroF1)}`]),
  ];
  const early = testReaders?.some(({ early }) => early > 0) === true;
  const reads =
    testReads === undefined
      ? ''
      : `, read ${testReads === 1 ? 'once' : `${testReads} times`}${early ? ', before the end' : ''}`;
  return {
    label: 'test',
    text: `${parts.join(', ')}; ${count(images, 'image')}${reads}`,
    ...((testReads !== undefined && testReads > 1) || early ? { colour: 'yellow' } : {}),
  };
}

function calibration({ test, calibration }: Report): LabelledText[] {
  if (calibration === undefined) return [{ label: 'calibration', text: `NLL ${significant(test.loss)}` }];
  const { before, scaling } = calibration;
  const change = (name: string, from: string, to: string | undefined) =>
    `${name} ${from}${to === undefined ? '' : ` → ${to}`}`;
  const after = scaling?.after;
  const parts = [
    change('NLL', significant(before.nll), after && significant(after.nll)),
    change('Brier', significant(before.brier), after && significant(after.brier)),
    change('ECE', percent(before.ece), after && percent(after.ece)),
  ];
  const temperature = scaling === undefined ? '' : ` at temperature ${significant(scaling.temperature)}`;
  return [{ label: 'calibration', text: `${parts.join(', ')}${temperature}` }];
}

function gap({ gap }: Report): LabelledText[] {
  if (gap === undefined) return [];
  const { train, validation, test, trainMinusTest, verdict } = gap;
  const splits: [string, ScoreOfSplit | undefined][] = [
    ['training', train],
    ['validation', validation],
    ['test', test],
  ];
  const scores = splits.flatMap(([name, score]) => (score === undefined ? [] : [`${name} ${percent(score.top1)}`]));
  const points = (share: number) => (share * 100).toFixed(1);
  const [low, high] = trainMinusTest.interval;
  const text = `${verdict}: ${scores.join(', ')}; a gap of ${points(trainMinusTest.difference)} points (${points(low)} to ${points(high)})`;
  return [{ label: 'fit', text, colour: GAP_COLOURS[verdict] }];
}

function robustness({ attacks, corruptions }: Report): LabelledText[] {
  const names = [...new Set(attacks?.found.map(({ attack }) => attack))];
  const parts = names.map((name) => {
    const found = attacks!.found.filter(({ attack }) => attack === name).sort((a, b) => a.epsilon - b.epsilon);
    const steps = found[0].steps > 1 ? `-${found[0].steps}` : '';
    const shares = found.map(({ top1, epsilon }) => `${percent(top1)} at ε ${significant(epsilon)}/255`);
    return `${ATTACKS[name]}${steps} ${shares.join(', ')}`;
  });
  if (corruptions !== undefined && corruptions.mean !== null) {
    parts.push(`corruptions ${percent(corruptions.mean)} on average`);
  }
  const clean = attacks?.clean ?? corruptions?.clean;
  if (parts.length === 0 || clean === undefined) return [];
  return [{ label: 'robustness', text: `${parts.join('; ')}; the same images as they are ${percent(clean)}` }];
}

function teacher({ teacher, agreement }: Report): LabelledText[] {
  if (teacher === undefined) return [];
  const parts = [
    teacher.testTop1 === undefined ? teacher.name : `${teacher.name}, top-1 ${percent(teacher.testTop1)}`,
    ...(agreement === undefined
      ? []
      : [
          `the same answer for ${percent(agreement.top1)}`,
          agreement.lost.length === 0 ? 'no class lost' : `lost: ${some(agreement.lost)}`,
        ]),
  ];
  return [{ label: 'teacher', text: parts.join('; ') }];
}

function model({ model, cost, engine, durationMs, imagesPerSecond }: Report): LabelledText[] {
  const adds = cost?.multiplyAdds === undefined ? '' : `, ${large(cost.multiplyAdds)} multiply-adds per image`;
  const size = `${model.name}: ${model.parameters.toLocaleString('en')} parameters, ${bytes(model.bytes)}${adds}`;
  const latency = (cost?.latency ?? []).map(
    ({ batch, p50Ms, p95Ms }) =>
      `${significant(p50Ms, 3)} ms (p95 ${significant(p95Ms, 3)}) for ${count(batch, 'image')}`,
  );
  const on = `${engine.backend}, ${count(engine.threads, 'thread')}`;
  const speed = imagesPerSecond === undefined ? '' : `, ${significant(imagesPerSecond, 3)} images/s in training`;
  const took =
    cost === undefined
      ? `${duration(durationMs)} in all${speed}`
      : `${duration(cost.deviceSeconds * 1000)} of the device, ${duration(durationMs)} in all${speed}`;
  return [
    { label: 'model', text: size },
    ...(latency.length === 0 ? [] : [{ label: 'latency', text: `${latency.join(', ')}; ${on}` }]),
    { label: 'time', text: took },
  ];
}

function teacherCache({ teacherCache }: Report): LabelledText[] {
  if (teacherCache === undefined || teacherCache.rows === 0) return [];
  const { rows, hits, hitRate, deviceSecondsComputed, deviceSecondsSaved } = teacherCache;
  const text =
    `${percent(hitRate)} of outputs were known (${hits.toLocaleString('en')} of ${rows.toLocaleString('en')}): ` +
    `${duration(deviceSecondsSaved * 1000)} of the device saved, ${duration(deviceSecondsComputed * 1000)} spent`;
  return [{ label: 'cache', text }];
}

function chosen({ chosen = {} }: Report): LabelledText[] {
  const facts = Object.entries(chosen).map(
    ([key, value]) => `${key} ${typeof value === 'number' ? significant(value) : String(value)}`,
  );
  return facts.length === 0 ? [] : [{ label: 'chosen', text: facts.join(', ') }];
}

/** What a reader of the numbers must know of them. */
function remarks({ dataset, lookAlikes, skipped = [], warnings = [] }: Report): LabelledText[] {
  const list = (label: string, texts: readonly string[], colour?: 'yellow') =>
    texts.map((text, index): LabelledText => ({ label: index === 0 ? label : '', text, colour }));
  const { unreadable } = dataset;
  const resembling = lookAlikes !== undefined && lookAlikes.found > 0 ? [lookAlikeWords(lookAlikes)] : [];
  return [
    ...list('left out', leftOut(skipped)),
    ...list('unreadable', unreadable.length === 0 ? [] : [`${count(unreadable.length, 'file')}: ${some(unreadable.map(({ file }) => file))}`], 'yellow'), // prettier-ignore
    ...list('look-alikes', resembling, 'yellow'),
    ...list('warnings', warnings, 'yellow'),
  ];
}

function span([low, high]: readonly [number, number]): string {
  return `${(low * 100).toFixed(1)} to ${percent(high)}`;
}

function some(names: readonly string[]): string {
  const rest = names.length - 5;
  return `${names.slice(0, 5).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}

function count(number: number, singular: string): string {
  return `${number.toLocaleString('en')} ${singular}${number === 1 ? '' : 's'}`;
}
