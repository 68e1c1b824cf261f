import { STUDY_METRICS, type Study } from '#contracts';
import { wrapped } from './labelled-lines.js';
import { table } from './table.js';
import type { Terminal } from './terminal.js';

type Arm = ShownStudy['arms'][number];
type Result = Arm['results'][number];
type Claim = Study['claims'][number];

const COLOURS = { holds: 'green', 'does not hold': 'red', undecided: 'yellow' } as const;

/** What is shown of a study, whether its runs are a server's or folders. */
export interface ShownStudy {
  arms: readonly (Pick<Study['arms'][number], 'label' | 'results'> & {
    runs: readonly Pick<Study['arms'][number]['runs'][number], 'state'>[];
  })[];
  claims: Study['claims'];
}

/** A study as tables for a terminal: a row for each arm and metric, then the claims with their verdicts. */
export function studyLines(study: ShownStudy, terminal: Pick<Terminal, 'paint' | 'width'>): string[] {
  const rows = study.arms.flatMap((arm) => {
    const results: (Result | undefined)[] = arm.results.length > 0 ? arm.results : [undefined];
    return results.map((result, index) => ({ arm, result, first: index === 0 }));
  });
  const lines = table<(typeof rows)[number]>(
    [
      { title: 'ARM', value: ({ arm, first }) => (first ? arm.label : ''), shrinks: true },
      { title: 'RUNS', value: ({ arm, first }) => (first ? completed(arm) : ''), align: 'right', expendable: true },
      { title: 'METRIC', value: ({ result }) => (result === undefined ? '-' : STUDY_METRICS[result.metric].title) },
      { title: 'MEAN', value: ({ result }) => (result === undefined ? '-' : meanOf(result)), align: 'right' },
      { title: '95 % INTERVAL', value: ({ result }) => (result === undefined ? '-' : intervalOf(result)) },
      { title: 'OVER', value: ({ result }) => (result === undefined ? '-' : overOf(result)), expendable: true },
    ],
    rows,
    terminal.width,
  );
  const claims = study.claims.flatMap((claim) => {
    // The colour comes after the breaking: it has no width.
    const [first, ...rest] = wrapped(`${claim.verdict}: ${inWords(claim)}`, terminal.width);
    const painted = first.replace(claim.verdict, terminal.paint(COLOURS[claim.verdict], claim.verdict));
    const why = wrapped(`${found(claim)}${claim.words}`, terminal.width - 2);
    return [painted, ...rest, ...why.map((line) => `  ${line}`)];
  });
  return claims.length === 0 ? lines : [...lines, '', terminal.paint('bold', 'CLAIMS'), ...claims];
}

function completed({ runs }: Arm): string {
  return `${runs.filter(({ state }) => state === 'completed').length}/${runs.length}`;
}

function meanOf({ metric, mean }: Result): string {
  return STUDY_METRICS[metric].share ? `${(mean * 100).toFixed(2)} %` : String(Number(mean.toPrecision(4)));
}

function intervalOf({ metric, interval }: Result): string {
  if (interval === null) return 'needs a second seed';
  const { share } = STUDY_METRICS[metric];
  const [low, high] = interval.map((end) => (share ? (end * 100).toFixed(2) : String(Number(end.toPrecision(4)))));
  return `${low} to ${high}`;
}

function overOf({ seeds, images }: { seeds: number; images: number }): string {
  const ofSeeds = `${seeds} seed${seeds === 1 ? '' : 's'}`;
  return images === 0 ? ofSeeds : `${ofSeeds}, ${images} images`;
}

function unitOf({ unit }: Claim): string {
  return unit === 'percentage points' ? ' points' : '';
}

function inWords(claim: Claim): string {
  const { better, than, by, metric } = claim;
  return `${better} better than ${than} by ${by}${unitOf(claim)} of ${STUDY_METRICS[metric].title}`;
}

function found(claim: Claim): string {
  const { difference, interval } = claim;
  if (difference === null) return '';
  const number = (value: number) => String(Number(value.toFixed(3)));
  const ends = interval === null ? '' : ` [${interval.map(number).join(', ')}]`;
  return `${number(difference)}${unitOf(claim)}${ends}, over ${overOf(claim)}. `;
}
