import path from 'node:path';
import { ArtifactSchema, listOf } from '#contracts';
import type { Command } from 'commander';
import { fetchArtifact } from '../client/fetch-artifact.js';
import { findRun } from '../client/find-run.js';
import { CliError } from '../cli-error.js';
import { connect, type Context } from '../context.js';
import { examples, serverOptions, type ServerOptions } from '../options.js';
import { progressDisplay } from '../terminal/progress-display.js';
import { bytes } from '../terminal/units.js';

interface DownloadOptions extends ServerOptions {
  out?: string;
}

export function downloadCommand(program: Command, context: () => Context): void {
  serverOptions(program.command('download <run> [name]'))
    .description('download the artifacts of a run, or the one of this name (or all below it, such as "model")')
    .option('--out <dir>', "folder to write to (default: the run's id)")
    .addHelpText('after', examples('distillery download latest:transfer-cifar10 model --out ./model'))
    .action((reference: string, name: string | undefined, options: DownloadOptions) =>
      download(context(), reference, name, options),
    );
}

async function download(context: Context, reference: string, name: string | undefined, options: DownloadOptions) {
  const { terminal } = context;
  const client = await connect(context, options.url);
  const run = await findRun(client, reference);
  const all = (await client.get(`runs/${run.id}/artifacts`, listOf(ArtifactSchema))).items;
  const chosen =
    name === undefined ? all : all.filter((each) => each.name === name || each.name.startsWith(`${name}/`));
  if (chosen.length === 0) {
    const names = all.map((each) => each.name).join(', ');
    throw new CliError(
      name === undefined ? `run ${run.id} has no artifacts yet` : `run ${run.id} has no artifact "${name}"`,
      {
        remedy: names === '' ? undefined : `it has: ${names}`,
      },
    );
  }
  const folder = path.resolve(options.out ?? run.id);
  const display = progressDisplay(terminal);
  const files = [];
  for (const artifact of chosen) {
    const file = await fetchArtifact(client, artifact, folder, (fraction) =>
      display.update(artifact.name, { fraction, detail: bytes(artifact.size) }),
    );
    display.finish(artifact.name);
    files.push({ ...artifact, file });
    if (!options.json) terminal.print(file);
  }
  display.stop();
  if (options.json) terminal.json(files);
}
