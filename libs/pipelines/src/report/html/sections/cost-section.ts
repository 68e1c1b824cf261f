import type { Report } from '#contracts';
import { markup } from '../markup.js';
import { bytes, decimal, large, seconds, whole } from '../number-words.js';
import type { Section } from '../section.js';
import { table } from '../table.js';

/** What the model needs where it runs, and what it took to make. */
export function costSection({ cost, imagesPerSecond, engine }: Report): Section | undefined {
  if (cost === undefined) return undefined;
  const figures: [string, string][] = [
    ['Parameters', large(cost.parameters)],
    ...(cost.multiplyAdds === undefined
      ? []
      : ([['Multiply-adds per image', large(cost.multiplyAdds)]] as [string, string][])),
    ...(cost.flops === undefined ? [] : ([['FLOPs per image', large(cost.flops)]] as [string, string][])),
    ['Weights file', bytes(cost.bytes)],
    ['Device time', seconds(cost.deviceSeconds)],
    ...(imagesPerSecond === undefined
      ? []
      : ([['Training speed', `${whole(Math.round(imagesPerSecond))} images/s`]] as [string, string][])),
  ];
  const rows = cost.latency.map(({ batch, runs, p50Ms, p95Ms }) => [
    `batch ${batch}`,
    whole(runs),
    `${decimal(p50Ms, 2)} ms`,
    `${decimal(p95Ms, 2)} ms`,
    `${whole(Math.round((batch / p50Ms) * 1000))} images/s`,
  ]);
  return {
    id: 'cost',
    title: 'Cost',
    body: markup`<dl class="figures">${figures.map(([name, value]) => markup`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
${rows.length === 0 ? undefined : table(`Latency of a forward pass on ${engine.backend}, this machine and its load`, ['Images at once', 'Timed', 'p50', 'p95', 'At p50'], rows)}`,
  };
}
