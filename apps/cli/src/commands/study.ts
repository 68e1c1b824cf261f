import { StudySchema, type Study } from '#contracts';
import type { Command } from 'commander';
import { ProblemError, type ApiClient } from '../client/api-client.js';
import { findRun } from '../client/find-run.js';
import { connect, type Context } from '../context.js';
import { examples, serverOptions, type ServerOptions } from '../options.js';
import { studyLines } from '../terminal/study-lines.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function studyCommand(program: Command, context: () => Context): void {
  serverOptions(program.command('study <experiment>'))
    .description('sum up an experiment: its arms with intervals over seeds, and its claims with verdicts')
    .addHelpText('after', examples('distillery study ladder-cifar10', 'distillery study 0197a3c2-… --json'))
    .action((experiment: string, options: ServerOptions) => study(context(), experiment, options));
}

async function study(context: Context, reference: string, { url, json }: ServerOptions): Promise<void> {
  const { terminal } = context;
  const found = await findStudy(await connect(context, url), reference);
  if (json) return terminal.json(found);
  for (const line of studyLines(found, terminal)) terminal.print(line);
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
