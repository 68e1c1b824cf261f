import path from 'node:path';
import type { Report } from '#contracts';
import { labelledLines } from '../terminal/labelled-lines.js';
import { reportLines } from '../terminal/report-lines.js';
import { openCommand, shellWord } from '../terminal/shell-words.js';
import type { Terminal } from '../terminal/terminal.js';
import { percent } from '../terminal/units.js';

export interface CompletedRun {
  label: string;
  folder: string;
  report: Report | undefined;
  /** Absolute path of the exported model's folder. */
  model: string | undefined;
}

/** A completed run for a person: what its report says, and what can be done with it, to copy. */
export function completedRunLines({ label, folder, report, model }: CompletedRun, terminal: Terminal): string[] {
  const inner = terminal.within(2);
  const places = labelledLines(
    [
      { label: 'everything', text: folder, whole: true },
      ...(report === undefined
        ? []
        : [{ label: 'report', text: openCommand(path.join(folder, 'report.html')), whole: true }]),
      ...(model === undefined
        ? []
        : [{ label: 'predict', text: `npx distillery predict --model ${shellWord(folder)} IMAGE…`, whole: true }]),
    ],
    inner,
  );
  const body = [...(report === undefined ? [] : [...reportLines(report, inner), '']), ...places];
  return [terminal.paint('bold', `${label}: completed`), ...body.map((line) => (line === '' ? '' : `  ${line}`))];
}

/** The same in a line, for one of many runs. */
export function completedRunLine({ label, folder, report }: CompletedRun): string {
  if (report === undefined) return `${label}: ${folder}`;
  return `${label}: test top-1 ${percent(report.test.top1)}, ${path.join(folder, 'report.html')}`;
}
