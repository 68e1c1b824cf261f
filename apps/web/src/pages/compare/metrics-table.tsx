import { metric } from '../../format/quantities.js';
import type { Better } from './best.js';
import type { ComparedRun } from './compared-run.js';
import { ComparedTable } from './compared-table.js';

/** The newest value of every metric. */
export function MetricsTable({ compared }: { compared: ComparedRun[] }) {
  const keys = [...new Set(compared.flatMap(({ run }) => Object.keys(run.metrics)))].sort();
  return (
    <ComparedTable
      id="metrics"
      title="Metrics"
      hint="newest values"
      first="Metric"
      compared={compared}
      none="These runs have measured nothing yet."
      rows={keys.map((key) => ({
        key,
        name: <code>{key}</code>,
        better: betterOf(key),
        values: compared.map(({ run }) => run.metrics[key] as number | undefined),
        format: (value) => metric(key, value),
      }))}
    />
  );
}

/** High accuracy, low loss, high speed. */
function betterOf(key: string): Better {
  if (/top\d$|accuracy$|imagesPerSecond$/i.test(key)) return 'higher';
  return /loss$/i.test(key) ? 'lower' : undefined;
}
