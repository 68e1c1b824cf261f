import { StudySchema, type Study } from '#contracts';
import type { Command } from 'commander';
import { UsageError } from '../cli-error.js';
import { ProblemError, type ApiClient } from '../client/api-client.js';
import { findRun } from '../client/find-run.js';
import { connect, type Context } from '../context.js';
import { examples, serverOptions, type ServerOptions } from '../options.js';
import { studyLines } from '../terminal/study-lines.js';
import { localStudy, type LocalStudy } from '../training/local-study.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

interface StudyOptions extends ServerOptions {
  from?: string;
}

export function studyCommand(program: Command, context: () => Context): void {
  serverOptions(program.command('study [experiment]'))
    .description('sum up an experiment: its arms with intervals over seeds, and its claims with verdicts')
    .option('--from <dir>', 'instead of a server\'s: the runs that "distillery train" has written to this folder')
    .addHelpText(
      'after',
      examples(
        'distillery study ladder-cifar10',
        'distillery study 0197a3c2-… --json',
        'distillery study --from runs/ladder-cifar10',
      ),
    )
    .action((experiment: string | undefined, options: StudyOptions) => study(context(), experiment, options));
}

async function study(context: Context, reference: string | undefined, options: StudyOptions): Promise<void> {
  const { terminal } = context;
  const found = await studyOf(context, reference, options);
  if (options.json) return terminal.json(found);
  for (const line of studyLines(found, terminal)) terminal.print(line);
}

async function studyOf(
  context: Context,
  reference: string | undefined,
  { url, from }: StudyOptions,
): Promise<Study | LocalStudy> {
  if ((reference === undefined) === (from === undefined)) {
    throw new UsageError(
      'give either an experiment of a server or --from',
      'such as "distillery study ladder-cifar10", or "distillery study --from runs/ladder-cifar10"',
    );
  }
  if (from === undefined) return findStudy(await connect(context, url), reference!);
  if (url !== undefined) throw new UsageError('--url and --from: a folder of this machine has no server');
  return localStudy(from);
}

/** By the experiment's id, that of one of its runs, or its name: then the newest of that name. */
async function findStudy(client: ApiClient, reference: string): Promise<Study> {
  const get = (id: string) => client.get(`experiments/${id}/study`, StudySchema);
  if (UUID.test(reference)) {
    try {
      return await get(reference);
    } catch (error) {
      if (!(error instanceof ProblemError && error.problem.status === 404)) throw error;
    }
    return get((await findRun(client, reference)).experimentId);
  }
  const named = reference.startsWith('latest:') ? reference : `latest:${reference}`;
  return get((await findRun(client, named)).experimentId);
}
