import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ArtifactSchema, listOf, type Artifact, type Prediction } from '#contracts';
import { startTrainer } from '#trainer-process';
import { Option, type Command } from 'commander';
import { findRun } from '../client/find-run.js';
import { CliError, UsageError } from '../cli-error.js';
import { connect, type Context } from '../context.js';
import { parseCount, serverOptions, type ServerOptions } from '../options.js';
import { progressDisplay } from '../terminal/progress-display.js';
import { percent } from '../terminal/units.js';
import { modelFolder } from '../training/local-runs.js';
import { fetchArtifact } from './download.js';

interface PredictOptions extends ServerOptions {
  run?: string;
  model?: string;
  top: number;
  engine?: 'auto' | 'tensorflow' | 'wasm' | 'cpu';
}

export function predictCommand(program: Command, context: () => Context): void {
  serverOptions(program.command('predict <image...>'))
    .description('classify images with the model of a run, or of a folder')
    .option('--run <run>', 'a run of the server')
    .option('--model <dir>', 'folder of a model, or of the run that made it')
    .option('--top <n>', 'classes to print per image', parseCount, 3)
    .addOption(new Option('--engine <engine>', 'engine to use').choices(['auto', 'tensorflow', 'wasm', 'cpu']))
    .action((images: string[], options: PredictOptions) => predict(context(), images, options));
}

async function predict(context: Context, images: readonly string[], options: PredictOptions): Promise<void> {
  const { terminal, config, interrupted } = context;
  const folder = await modelOf(context, options);
  const predictions: Prediction[] = [];
  const trainer = startTrainer({
    message: {
      type: 'predict',
      folder,
      images: images.map((image) => path.resolve(image)),
      topK: options.top,
      threads: config.threads,
      engine: options.engine ?? config.engine,
    },
    onEvent: (event) => {
      if (event.type !== 'prediction') return;
      predictions.push(event.prediction);
      if (!options.json) print(context, event.prediction, images);
    },
  });
  interrupted.addEventListener('abort', () => trainer.cancel('interrupted'), { once: true });
  const outcome = await trainer.done;
  if (options.json) terminal.json(predictions);
  if (outcome.type === 'cancelled') throw new CliError('interrupted', { exitCode: 130 });
  if (outcome.type === 'failed') {
    const { message, remedy, class: blame } = outcome.failure;
    throw new CliError(message, { remedy, exitCode: blame === 'user' ? 2 : 1 });
  }
  const bad = predictions.filter(({ error }) => error !== undefined).length;
  if (bad > 0) throw new CliError(`${bad} of ${images.length} images could not be read`);
}

function print({ terminal }: Context, { image, classes, error }: Prediction, images: readonly string[]): void {
  const name = images.find((each) => path.resolve(each) === image) ?? image;
  if (error !== undefined) return terminal.note(`${name}: ${terminal.paintNote('red', error)}`);
  const [best, ...others] = classes.map((each) => `${each.name} ${percent(each.probability)}`);
  const rest = others.length > 0 ? terminal.paint('gray', `  (${others.join(', ')})`) : '';
  terminal.print(`${name}: ${terminal.paint('bold', best ?? '-')}${rest}`);
}

async function modelOf(context: Context, { run, model, url }: PredictOptions): Promise<string> {
  if ((run === undefined) === (model === undefined)) throw new UsageError('give either --run or --model');
  if (model !== undefined) {
    const folder = await modelFolder(model);
    if (folder === undefined) throw new UsageError(`--model: there is no folder ${model}`);
    return folder;
  }
  return downloadModel(context, run!, url);
}

/** Brings a run's model into the cache; what is there already and unchanged is not fetched again. */
async function downloadModel(context: Context, reference: string, url: string | undefined): Promise<string> {
  const client = await connect(context, url);
  const run = await findRun(client, reference);
  const { items } = await client.get(`runs/${run.id}/artifacts`, listOf(ArtifactSchema));
  const files = items.filter(({ kind }) => kind === 'model');
  if (files.length === 0) {
    throw new CliError(`run ${run.id} has no model: it is ${run.state}`, {
      remedy: 'wait until it has completed, or name another run',
    });
  }
  const folder = path.join(context.config.cacheFolder, 'models', run.id);
  const display = progressDisplay(context.terminal);
  for (const file of files) {
    if (await isThere(path.join(folder, file.name), file)) continue;
    await fetchArtifact(client, file, folder, (fraction) => display.update('model', { fraction, detail: file.name }));
  }
  display.finish('model');
  return path.join(folder, path.posix.dirname(files[0].name));
}

async function isThere(file: string, { sha256 }: Artifact): Promise<boolean> {
  if (!existsSync(file)) return false;
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex') === sha256;
}
