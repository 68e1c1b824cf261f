import { ExperimentSchema, type Experiment, type Run } from '#contracts';
import type { Command } from 'commander';
import { ProblemError } from '../client/api-client.js';
import { followRuns } from '../client/follow-runs.js';
import { CliError } from '../cli-error.js';
import { connect, type Context } from '../context.js';
import { collect, examples, serverOptions, type ServerOptions } from '../options.js';
import { readSpecFile } from '../spec-file.js';
import { progressDisplay } from '../terminal/progress-display.js';
import { RunProgress } from '../terminal/run-progress.js';

interface SubmitOptions extends ServerOptions {
  set?: string[];
  wait?: boolean;
  key?: string;
}

export function submitCommand(program: Command, context: () => Context): void {
  serverOptions(program.command('submit <file>'))
    .description('submit an experiment from a spec (YAML or JSON)')
    .option('--set <key=value>', 'change a field of the spec, such as training.epochs=3; may be repeated', collect)
    .option('--wait', 'wait until all runs have ended; fails unless all completed')
    .option('--key <key>', 'idempotency key: submitting twice with the same key is one experiment')
    .addHelpText(
      'after',
      examples(
        'distillery submit examples/logistic.yaml --wait',
        'distillery submit examples/transfer.yaml --set training.epochs=3 --json',
      ),
    )
    .action((file: string, options: SubmitOptions) => submit(context(), file, options));
}

async function submit(context: Context, file: string, options: SubmitOptions): Promise<void> {
  const { terminal } = context;
  const { spec, errorOf } = await readSpecFile(file, options.set);
  const client = await connect(context, options.url);
  const headers: Record<string, string> = options.key === undefined ? {} : { 'idempotency-key': options.key };
  const experiment = await client.post('experiments', ExperimentSchema, spec, headers).catch((error: unknown) => {
    const issues = error instanceof ProblemError ? (error.problem.errors ?? []) : [];
    throw issues.length > 0 ? errorOf(issues) : error;
  });
  const say = (line: string) => (options.json ? terminal.note(line) : terminal.print(line));
  const count = experiment.runs.length === 1 ? 'one run' : `${experiment.runs.length} runs`;
  say(`submitted ${experiment.name} (${experiment.id}): ${count}`);
  for (const run of experiment.runs) say(`  ${client.url}/runs/${run.id}`);
  if (!options.wait) {
    if (options.json) terminal.json(experiment);
    return;
  }
  const runs = await wait(context, client, experiment);
  if (options.json) terminal.json({ ...experiment, runs });
  const bad = runs.filter((run) => run.state !== 'completed').length;
  if (bad > 0) throw new CliError(`${bad} of ${count} did not complete`, { remedy: 'see "distillery show RUN"' });
}

async function wait(
  context: Context,
  client: Awaited<ReturnType<typeof connect>>,
  experiment: Experiment,
): Promise<Run[]> {
  const { terminal, interrupted } = context;
  const display = progressDisplay(terminal);
  const progress = new RunProgress(terminal, display);
  try {
    const ids = experiment.runs.map((run) => run.id);
    const runs = await followRuns(client, ids, (run) => progress.show(run), interrupted);
    if (interrupted.aborted) throw new Interruption();
    return ids.map((id) => runs.get(id)!);
  } finally {
    display.stop();
  }
}

/** Ctrl-C ends the waiting, not the runs. */
class Interruption extends CliError {
  override name = 'Interruption';

  constructor() {
    super('no longer waiting; the runs go on', { exitCode: 130, remedy: '"distillery cancel RUN" ends one' });
  }
}
