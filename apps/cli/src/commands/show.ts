import { ArtifactSchema, AttemptSchema, listOf, ReportSchema, type Report, type RunDetail } from '#contracts';
import type { Command } from 'commander';
import path from 'node:path';
import { stringify } from 'yaml';
import { ProblemError, type ApiClient } from '../client/api-client.js';
import { UsageError } from '../cli-error.js';
import { findRun } from '../client/find-run.js';
import { connect, type Context } from '../context.js';
import { examples, serverOptions, type ServerOptions } from '../options.js';
import { reportLines } from '../terminal/report-lines.js';
import { progressState } from '../terminal/run-progress.js';
import { openCommand } from '../terminal/shell-words.js';
import { paintState } from '../terminal/run-state.js';
import { table } from '../terminal/table.js';
import { bytes, duration, moment, percent } from '../terminal/units.js';
import { completedRunLines } from '../training/completed-run.js';
import { readReport, readRunRecord, runName } from '../training/run-folder.js';

interface ShowOptions extends ServerOptions {
  from?: string;
}

export function showCommand(program: Command, context: () => Context): void {
  serverOptions(program.command('show [run]'))
    .description('show a run: state, metrics, attempts, artifacts, report, spec')
    .option('--from <dir>', 'instead of a server\'s: the run that "distillery train" has written to this folder')
    .addHelpText(
      'after',
      examples(
        'distillery show latest:transfer-cifar10',
        'distillery show 0197a3c2 --json',
        'distillery show --from runs/transfer-cifar10',
      ),
    )
    .action((reference: string | undefined, options: ShowOptions) => show(context(), reference, options));
}

async function show(context: Context, reference: string | undefined, options: ShowOptions): Promise<void> {
  if ((reference === undefined) === (options.from === undefined)) {
    throw new UsageError(
      'give either a run of a server or --from',
      'such as "distillery show latest:transfer-cifar10", or "distillery show --from runs/transfer-cifar10"',
    );
  }
  if (options.from === undefined) return showRun(context, reference!, options);
  if (options.url !== undefined) throw new UsageError('--url and --from: a folder of this machine has no server');
  return showFolder(context.terminal, options.from, options.json);
}

/** A run that was trained on this machine without a server. */
async function showFolder(terminal: Context['terminal'], folder: string, json = false): Promise<void> {
  const record = await readRunRecord(folder);
  if (record === undefined) {
    throw new UsageError(
      `--from: ${folder} is not the folder of a run`,
      'name one that "distillery train" has written; "distillery study --from" sums up the folder of several',
    );
  }
  const report = await readReport(folder);
  if (json) return terminal.json({ folder: path.resolve(folder), ...record, report: report ?? null });
  const name = (await runName(folder)) ?? folder;
  const { state, failure, model } = record;
  if (state === 'completed') {
    const run = { label: name, folder, report, model };
    for (const line of completedRunLines(run, terminal)) terminal.print(line);
    return;
  }
  terminal.print(`${name}: ${paintState(terminal, { state, cancelRequested: false })}`);
  if (failure !== undefined) terminal.print(`  ${terminal.paint('red', failure.message)}`);
  if (failure?.remedy !== undefined) terminal.print(`  ${failure.remedy}`);
  terminal.print(`  ${folder}`);
}

async function showRun(context: Context, reference: string, options: ServerOptions): Promise<void> {
  const { terminal } = context;
  const client = await connect(context, options.url);
  const run = await findRun(client, reference);
  const [attempts, artifacts, report] = await Promise.all([
    client.get(`runs/${run.id}/attempts`, listOf(AttemptSchema)).then(({ items }) => items),
    client.get(`runs/${run.id}/artifacts`, listOf(ArtifactSchema)).then(({ items }) => items),
    reportOf(client, run),
  ]);
  if (options.json) return terminal.json({ ...run, attempts, artifacts, report: report ?? null });
  const print = (label: string, value: string) => terminal.print(`${label.padEnd(12)} ${value}`);
  print('run', run.id);
  print('experiment', `${run.experimentName} (project ${run.project}, seed ${run.seed})`);
  for (const [key, value] of Object.entries(run.point)) print('', `${key} = ${JSON.stringify(value)}`);
  print('pipeline', `${run.pipeline}: ${run.model} on ${run.dataset}`);
  print('state', paintState(terminal, run));
  if (run.state === 'waiting') for (const id of new Set(run.teacherRunIds)) print('waits for', id);
  if (run.state === 'running' && run.progress !== null) {
    const { fraction, detail, etaMs } = progressState(run.progress);
    const left = etaMs === undefined ? '' : `, ETA ${duration(etaMs)}`;
    print('progress', `${Math.floor(fraction * 100)} %, ${detail}${left}`);
  }
  if (run.failure !== null) {
    print('failure', terminal.paint('red', run.failure.message));
    if (run.failure.remedy !== undefined) print('remedy', run.failure.remedy);
  }
  print('created', moment(run.createdAt));
  if (run.durationMs !== null) print('took', duration(run.durationMs));
  if (run.bestMetric !== null) print('best', `${run.bestMetric.key} ${percent(run.bestMetric.value)}`);
  section(
    terminal,
    'METRICS',
    Object.entries(run.metrics).map(([key, value]) => `${key.padEnd(24)} ${Number(value.toPrecision(5))}`),
  );
  section(
    terminal,
    'ATTEMPTS',
    attempts.map((each) => {
      const took =
        each.finishedAt === null ? '' : ` after ${duration(Date.parse(each.finishedAt) - Date.parse(each.startedAt))}`;
      const engine =
        each.engine === null
          ? ''
          : `, ${each.engine.backend} ${each.engine.version}, ${each.engine.threads} thread${each.engine.threads === 1 ? '' : 's'}`;
      return `${each.number}  ${each.outcome}${took} on ${each.worker}${engine}`;
    }),
  );
  const columns = [
    { title: 'NAME', value: (each: (typeof artifacts)[number]) => each.name },
    { title: 'KIND', value: (each: (typeof artifacts)[number]) => each.kind },
    { title: 'SIZE', value: (each: (typeof artifacts)[number]) => bytes(each.size), align: 'right' as const },
    { title: 'SHA-256', value: (each: (typeof artifacts)[number]) => each.sha256.slice(0, 16) },
  ];
  section(terminal, 'ARTIFACTS', artifacts.length > 0 ? table(columns, artifacts, terminal.width) : []);
  if (report !== undefined) {
    const page = artifacts.some(({ name }) => name === 'report.html') ? ['', fetchingOf(run.id)] : [];
    section(terminal, 'REPORT', [...reportLines(report, terminal.within(2)), ...page]);
  }
  section(terminal, 'SPEC', stringify(run.spec).trimEnd().split('\n'));
}

async function reportOf(client: ApiClient, run: RunDetail): Promise<Report | undefined> {
  if (run.state !== 'completed') return undefined;
  return client.get(`runs/${run.id}/report`, ReportSchema).catch((error: unknown) => {
    if (error instanceof ProblemError && error.problem.status === 404) return undefined;
    throw error;
  });
}

/** What brings the report's page here and opens it. */
function fetchingOf(id: string): string {
  return `npx distillery download ${id} report.html && ${openCommand(`${id}/report.html`)}`;
}

function section(terminal: Context['terminal'], title: string, lines: readonly string[]): void {
  if (lines.length === 0) return;
  terminal.print();
  terminal.print(terminal.paint('bold', title));
  lines.forEach((line) => terminal.print(line === '' ? '' : `  ${line}`));
}
