import { RunSchema } from '#contracts';
import type { Command } from 'commander';
import { connect, type Context } from '../context.js';
import { findRun } from '../client/find-run.js';
import { examples, serverOptions, type ServerOptions } from '../options.js';
import { forEachRun } from './for-each-run.js';

export function retryCommand(program: Command, context: () => Context): void {
  serverOptions(program.command('retry <run...>'))
    .description('try runs again that failed or were cancelled; they go on from their last checkpoint')
    .addHelpText('after', examples('distillery retry 0197a3c2'))
    .action(async (references: string[], options: ServerOptions) => {
      const client = await connect(context(), options.url);
      await forEachRun(context(), references, options, async (reference) => {
        const { id } = await findRun(client, reference);
        const run = await client.post(`runs/${id}/retry`, RunSchema);
        return { run, line: `${run.state} ${id}, attempt ${run.attempt + (run.state === 'queued' ? 1 : 0)} is next` };
      });
    });
}
