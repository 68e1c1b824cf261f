import { listOf, ModelVersionSchema, type ModelVersion } from '#contracts';
import type { Command } from 'commander';
import { connect, type Context } from '../context.js';
import { refuseUnknownSubcommand } from '../default-subcommand.js';
import { examples, serverOptions, type ServerOptions } from '../options.js';
import { table } from '../terminal/table.js';
import { moment } from '../terminal/units.js';

export function modelsCommand(program: Command, context: () => Context): void {
  const models = program.command('models').description('the model registry');
  serverOptions(models.command('ls', { isDefault: true }))
    .description('list models with their versions and aliases')
    .addHelpText('after', examples('distillery models --json'))
    .allowExcessArguments()
    .action((options: ServerOptions, command: Command) => {
      refuseUnknownSubcommand(command);
      return list(context(), options);
    });
}

async function list(context: Context, options: ServerOptions): Promise<void> {
  const { terminal } = context;
  const client = await connect(context, options.url);
  const { items } = await client.get('models', listOf(ModelVersionSchema));
  if (options.json) return terminal.json(items);
  if (items.length === 0) return terminal.note('the registry has no models yet');
  const lines = table<ModelVersion>(
    [
      { title: 'MODEL', value: ({ name }) => name, shrinks: true },
      { title: 'VERSION', value: ({ version }) => String(version), align: 'right' },
      { title: 'ALIASES', value: ({ aliases }) => aliases.join(', ') },
      { title: 'RUN', value: ({ runId }) => runId.slice(0, 13) },
      { title: 'CREATED', value: ({ createdAt }) => moment(createdAt) },
    ],
    items,
    terminal.width,
  );
  lines.forEach((line) => terminal.print(line));
}
