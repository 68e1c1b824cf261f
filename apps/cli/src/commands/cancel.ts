import { RunSchema } from '#contracts';
import type { Command } from 'commander';
import { connect, type Context } from '../context.js';
import { findRun } from '../client/find-run.js';
import { examples, serverOptions, type ServerOptions } from '../options.js';
import { forEachRun } from './for-each-run.js';

export function cancelCommand(program: Command, context: () => Context): void {
  serverOptions(program.command('cancel <run...>'))
    .description('cancel runs; their metrics and checkpoints stay')
    .addHelpText('after', examples('distillery cancel 0197a3c2', 'distillery cancel latest:transfer-cifar10'))
    .action(async (references: string[], options: ServerOptions) => {
      const client = await connect(context(), options.url);
      await forEachRun(context(), references, options, async (reference) => {
        const { id } = await findRun(client, reference);
        const run = await client.post(`runs/${id}/cancel`, RunSchema);
        return { run, line: run.state === 'cancelled' ? `cancelled ${id}` : `cancelling ${id} (${run.state})` };
      });
    });
}
