import { ExperimentSchema, listOf, OVERLAP_POLICIES, ScheduleSchema, type Schedule } from '#contracts';
import { Option, type Command } from 'commander';
import { ProblemError, type ApiClient } from '../client/api-client.js';
import { CliError, UsageError } from '../cli-error.js';
import { connect, type Context } from '../context.js';
import { refuseUnknownSubcommand } from '../default-subcommand.js';
import { collect, examples, serverOptions, type ServerOptions } from '../options.js';
import { readSpecFile } from '../spec-file.js';
import { table } from '../terminal/table.js';
import { moment } from '../terminal/units.js';

interface AddOptions extends ServerOptions {
  cron: string;
  zone: string;
  overlap: string;
  paused?: boolean;
  set?: string[];
}

export function schedulesCommand(program: Command, context: () => Context): void {
  const schedules = program.command('schedules').description('submit experiments again and again');
  serverOptions(schedules.command('ls', { isDefault: true }))
    .description('list schedules with their next times')
    .addHelpText('after', examples('distillery schedules', 'distillery schedules ls --json'))
    .allowExcessArguments()
    .action((options: ServerOptions, command: Command) => {
      refuseUnknownSubcommand(command);
      return list(context(), options);
    });
  serverOptions(schedules.command('add <name> <file>'))
    .description('submit a spec at the times of a cron expression')
    .requiredOption('--cron <expression>', 'minute hour day month weekday, or @daily and the like')
    .option('--zone <zone>', 'IANA time zone of the expression', Intl.DateTimeFormat().resolvedOptions().timeZone)
    .addOption(
      new Option('--overlap <policy>', 'when runs of the last time have not ended')
        .choices(OVERLAP_POLICIES)
        .default('skip'),
    )
    .option('--paused', 'do not begin yet')
    .option('--set <key=value>', 'change a field of the spec; may be repeated', collect)
    .addHelpText(
      'after',
      examples("distillery schedules add nightly --cron '30 2 * * *' --zone Europe/Berlin examples/transfer.yaml"),
    )
    .action((name: string, file: string, options: AddOptions) => add(context(), name, file, options));
  change(schedules, context, 'pause', 'stop submitting', (client, { id }) => setPaused(client, id, true));
  change(schedules, context, 'resume', 'go on submitting', (client, { id }) => setPaused(client, id, false));
  serverOptions(schedules.command('run <schedule>'))
    .description('submit now, whatever the time')
    .addHelpText('after', examples('distillery schedules run nightly'))
    .action((reference: string, options: ServerOptions) => runNow(context(), reference, options));
  serverOptions(schedules.command('rm <schedule>'))
    .description('remove a schedule; what it submitted stays')
    .addHelpText('after', examples('distillery schedules rm nightly'))
    .action(async (reference: string, options: ServerOptions) => {
      const client = await connect(context(), options.url);
      const schedule = await find(client, reference);
      await client.delete(`schedules/${schedule.id}`);
      if (options.json) context().terminal.json(schedule);
      else context().terminal.print(`removed ${schedule.name}`);
    });
}

async function list(context: Context, options: ServerOptions): Promise<void> {
  const { terminal } = context;
  const client = await connect(context, options.url);
  const { items } = await client.get('schedules', listOf(ScheduleSchema));
  if (options.json) return terminal.json(items);
  if (items.length === 0)
    return terminal.note('there are no schedules; "distillery schedules add NAME FILE --cron …" makes one');
  const lines = table<Schedule>(
    [
      { title: 'SCHEDULE', value: ({ id }) => id.slice(0, 13) },
      { title: 'NAME', value: ({ name }) => name, shrinks: true },
      { title: 'CRON', value: ({ cron }) => cron },
      { title: 'ZONE', value: ({ timeZone }) => timeZone },
      {
        title: 'NEXT',
        value: ({ paused, nextTimes }) =>
          paused ? 'paused' : nextTimes[0] === undefined ? 'never' : moment(nextTimes[0]),
      },
      { title: 'LAST', value: ({ lastFiredAt }) => (lastFiredAt === null ? '-' : moment(lastFiredAt)) },
    ],
    items,
    terminal.width,
  );
  lines.forEach((line) => terminal.print(line));
}

async function add(context: Context, name: string, file: string, options: AddOptions): Promise<void> {
  const { terminal } = context;
  const { spec, errorOf } = await readSpecFile(file, options.set);
  const client = await connect(context, options.url);
  const { cron, zone: timeZone, overlap, paused = false } = options;
  const body = { name, cron, timeZone, overlap, paused, spec };
  const schedule = await client.post('schedules', ScheduleSchema, body).catch((error: unknown) => {
    const issues = error instanceof ProblemError ? (error.problem.errors ?? []) : [];
    const inSpec = issues.filter(({ path }) => path.startsWith('spec.'));
    if (inSpec.length === 0 || inSpec.length < issues.length) throw error;
    throw errorOf(inSpec.map((issue) => ({ ...issue, path: issue.path.slice('spec.'.length) })));
  });
  if (options.json) return terminal.json(schedule);
  const next = schedule.nextTimes[0];
  terminal.print(`added ${schedule.name} (${schedule.id})${next === undefined ? '' : `; next ${moment(next)}`}`);
}

async function setPaused(client: ApiClient, id: string, paused: boolean): Promise<Schedule> {
  return client.patch(`schedules/${id}`, ScheduleSchema, { paused });
}

function change(
  parent: Command,
  context: () => Context,
  verb: string,
  description: string,
  act: (client: ApiClient, schedule: Schedule) => Promise<Schedule>,
): void {
  serverOptions(parent.command(`${verb} <schedule>`))
    .description(description)
    .addHelpText('after', examples(`distillery schedules ${verb} nightly`))
    .action(async (reference: string, options: ServerOptions) => {
      const client = await connect(context(), options.url);
      const schedule = await act(client, await find(client, reference));
      if (options.json) return context().terminal.json(schedule);
      const next = schedule.nextTimes[0];
      context().terminal.print(
        `${schedule.name}: ${schedule.paused ? 'paused' : next === undefined ? 'never due' : `next ${moment(next)}`}`,
      );
    });
}

async function runNow(context: Context, reference: string, options: ServerOptions): Promise<void> {
  const client = await connect(context, options.url);
  const schedule = await find(client, reference);
  const experiment = await client.post(`schedules/${schedule.id}/run`, ExperimentSchema);
  if (options.json) return context.terminal.json(experiment);
  context.terminal.print(`submitted ${experiment.name} (${experiment.id})`);
  for (const run of experiment.runs) context.terminal.print(`  ${client.url}/runs/${run.id}`);
}

/** By id, the beginning of one, or the name. */
async function find(client: ApiClient, reference: string): Promise<Schedule> {
  const { items } = await client.get('schedules', listOf(ScheduleSchema));
  const byName = items.filter(({ name }) => name === reference);
  const matches =
    byName.length > 0 ? byName : items.filter(({ id }) => reference.length >= 4 && id.startsWith(reference));
  if (matches.length === 1) return matches[0];
  if (matches.length === 0)
    throw new CliError(`there is no schedule "${reference}"`, { remedy: '"distillery schedules ls" lists them' });
  throw new UsageError(
    `"${reference}" names ${matches.length} schedules`,
    `give an id: ${matches.map(({ id }) => id).join(', ')}`,
  );
}
