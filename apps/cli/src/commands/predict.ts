import path from 'node:path';
import { personalTrainerEnvironment } from '#config';
import type { Prediction } from '#contracts';
import { startTrainer } from '#trainer-process';
import { Option, type Command } from 'commander';
import { CliError } from '../cli-error.js';
import type { Context } from '../context.js';
import { examples, parseCount, serverOptions, type ServerOptions } from '../options.js';
import { percent } from '../terminal/units.js';
import { findModel } from '../training/find-model.js';

interface PredictOptions extends ServerOptions {
  run?: string;
  model?: string;
  top: number;
  engine?: 'auto' | 'tensorflow' | 'wasm' | 'cpu';
}

export function predictCommand(program: Command, context: () => Context): void {
  serverOptions(program.command('predict <image...>'))
    .description('classify images with the model of a run, or of a folder')
    .option('--run <run>', 'a run of the server, or latest:NAME, of ./runs too')
    .option('--model <dir>', 'folder of a model, or of the run that made it')
    .option('--top <n>', 'classes to print per image', parseCount, 3)
    .addOption(new Option('--engine <engine>', 'engine to use').choices(['auto', 'tensorflow', 'wasm', 'cpu']))
    .addHelpText(
      'after',
      examples(
        'distillery predict --model ./pets-model photo.jpg',
        'distillery predict --run latest:transfer-cifar10 --json cat.jpg dog.jpg',
      ),
    )
    .action((images: string[], options: PredictOptions) => predict(context(), images, options));
}

async function predict(context: Context, images: readonly string[], options: PredictOptions): Promise<void> {
  const { terminal, config, interrupted } = context;
  const folder = await findModel(context, options);
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
    env: personalTrainerEnvironment(),
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
