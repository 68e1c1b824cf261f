import type { Calibratedness, Report } from '#contracts';
import { markup } from '../markup.js';
import { decimal, percent, whole } from '../number-words.js';
import { reliabilityDiagram, reliabilityTable } from '../reliability-diagram.js';
import type { Section } from '../section.js';
import { figure, table } from '../table.js';

/** Before the reason, among the parts of a report that were left out. */
const TEMPERATURE_SCALING = 'temperature scaling: ';

/** Whether the model is right as often as it is sure, before and after temperature scaling. */
export function calibrationSection({ calibration, skipped = [] }: Report): Section | undefined {
  if (calibration === undefined) return undefined;
  const { before, scaling } = calibration;
  const row = (name: string, { nll, brier, ece }: Calibratedness) => [
    name,
    decimal(nll),
    decimal(brier),
    percent(ece, 2),
  ];
  const rows = [
    row('as it is', before),
    ...(scaling === undefined ? [] : [row(`divided by T = ${decimal(scaling.temperature)}`, scaling.after)]),
  ];
  const leftOut = skipped.find((part) => part.startsWith(TEMPERATURE_SCALING)) ?? 'nothing to fit one on';
  const note = scaling === undefined ? `No temperature: ${leftOut.replace(TEMPERATURE_SCALING, '')}.` : words(scaling);
  const diagrams = markup`<div class="side"><div><p class="diagram-title">as it is</p>${reliabilityDiagram('as it is', before)}</div>${
    scaling &&
    markup`<div><p class="diagram-title">logits divided by T</p>${reliabilityDiagram('with the temperature', scaling.after)}</div>`
  }</div>`;
  return {
    id: 'calibration',
    title: 'Calibration',
    body: markup`${figure('Reliability', note, diagrams, reliabilityTable(before, scaling?.after))}
${table('Before and after temperature scaling', ['Logits', 'NLL', 'Brier score', 'ECE'], rows)}`,
  };
}

function words({
  temperature,
  validationImages,
  beforeFinalFit,
}: NonNullable<NonNullable<Report['calibration']>['scaling']>): string {
  const sure =
    temperature > 1.02
      ? 'too sure of itself'
      : temperature < 0.98
        ? 'less sure than it could be'
        : 'about as sure as it should be';
  const by = beforeFinalFit ? ' before the final fit, which has trained on them too' : '';
  return `T = ${decimal(temperature)}, fitted on ${whole(validationImages)} validation images${by}: the model is ${sure}. What is saved is not scaled: divide its logits by T where its probabilities are to be believed.`;
}
