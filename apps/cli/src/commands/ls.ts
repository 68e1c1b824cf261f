import { pageOf, PIPELINES, RUN_STATES, RunSchema, type Run } from '#contracts';
import { Option, type Command } from 'commander';
import { connect, type Context } from '../context.js';
import { examples, parseCount, serverOptions, type ServerOptions } from '../options.js';
import { runLabel } from '../terminal/run-progress.js';
import { paintState } from '../terminal/run-state.js';
import { table } from '../terminal/table.js';
import { duration, moment, percent } from '../terminal/units.js';

interface LsOptions extends ServerOptions {
  state?: string[];
  pipeline?: string;
  search?: string;
  limit: number;
}

export function lsCommand(program: Command, context: () => Context): void {
  serverOptions(program.command('ls'))
    .alias('list')
    .description('list runs, newest first')
    .addOption(new Option('--state <state...>', 'only runs in these states').choices(RUN_STATES))
    .addOption(new Option('--pipeline <pipeline>', 'only runs of this pipeline').choices(PIPELINES))
    .option('--search <text>', 'only experiments whose name has this text in it')
    .option('--limit <n>', 'at most this many', parseCount, 30)
    .addHelpText('after', examples('distillery ls --state running queued', 'distillery ls --pipeline logistic --json'))
    .action((options: LsOptions) => ls(context(), options));
}

async function ls(context: Context, { url, json, state, pipeline, search, limit }: LsOptions): Promise<void> {
  const { terminal } = context;
  const client = await connect(context, url);
  const runs: Run[] = [];
  let cursor: string | undefined;
  let more = false;
  do {
    const query = { state, pipeline, search, limit: Math.min(500, limit - runs.length), cursor };
    const page = await client.get('runs', pageOf(RunSchema), query);
    runs.push(...page.items);
    cursor = page.next ?? undefined;
    more = cursor !== undefined;
  } while (more && runs.length < limit);
  if (json) return terminal.json(runs);
  if (runs.length === 0) return terminal.note('there are no such runs; "distillery submit FILE" makes some');
  const lines = table<Run>(
    [
      { title: 'RUN', value: (run) => run.id.slice(0, 13) },
      { title: 'EXPERIMENT', value: runLabel, shrinks: true },
      { title: 'PIPELINE', value: (run) => run.pipeline },
      { title: 'STATE', value: (run) => paintState(terminal, run) },
      { title: 'PROGRESS', value: progressOf, align: 'right' },
      {
        title: 'BEST',
        value: (run) => (run.bestMetric === null ? '-' : percent(run.bestMetric.value)),
        align: 'right',
      },
      { title: 'TOOK', value: (run) => (run.durationMs === null ? '-' : duration(run.durationMs)), align: 'right' },
      { title: 'CREATED', value: (run) => moment(run.createdAt) },
    ],
    runs,
    terminal.width,
  );
  lines.forEach((line) => terminal.print(line));
  if (more) terminal.note(`there are more: --limit ${limit * 2}`);
}

function progressOf(run: Run): string {
  if (run.state !== 'running' || run.progress === null) return '-';
  const { fraction, etaMs } = run.progress;
  return `${Math.floor(fraction * 100)} %${etaMs === undefined ? '' : `, ETA ${duration(etaMs)}`}`;
}
