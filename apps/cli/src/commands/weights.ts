import path from 'node:path';
import { personalTrainerEnvironment } from '#config';
import { KNOWN_MODELS, MODEL_FORMATS, type ModelFormat, type WeightsMessage, type WeightsReport } from '#contracts';
import { startTrainer } from '#trainer-process';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { CliError } from '../cli-error.js';
import { readNamedFile, type Context } from '../context.js';
import { examples, parseCount } from '../options.js';
import { weightsLines } from '../terminal/weights-lines.js';

type Triple = [number, number, number];

interface InspectOptions {
  tensors?: boolean;
  json?: boolean;
}

interface ConvertOptions {
  to: ModelFormat;
  out: string;
  model?: (typeof KNOWN_MODELS)[number];
  classes?: string;
  size?: number;
  resize?: 'squash' | 'crop';
  mean?: Triple;
  std?: Triple;
  engine?: WeightsMessage['engine'];
  json?: boolean;
}

export function weightsCommand(program: Command, context: () => Context): void {
  const weights = program
    .command('weights')
    .description('files of weights: what is in them, and other formats for them');
  weights
    .command('inspect <file>')
    .description('say what a file of weights holds: safetensors, .pth, .tflite, a TensorFlow.js model, a model folder')
    .option('--tensors', 'list every tensor')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      examples('distillery weights inspect resnet18.pth', 'distillery weights inspect ./model --json'),
    )
    .action((file: string, options: InspectOptions) => inspect(context(), file, options));
  weights
    .command('convert <file>')
    .description('write a model in another format: for other programs, or as a model folder of their weights')
    .addOption(new Option('--to <format>', 'format to write').choices(MODEL_FORMATS).makeOptionMandatory())
    .requiredOption('--out <path>', 'file (safetensors, torch) or folder to write')
    .addOption(new Option('--model <name>', 'architecture, where the file does not say it').choices(KNOWN_MODELS))
    .option('--classes <file>', 'class names in the order of the outputs, one a line')
    .option('--size <pixels>', "height and width of the network's input", parseCount)
    .addOption(new Option('--resize <way>', 'how images are brought to that size').choices(['squash', 'crop']))
    .option(
      '--mean <r,g,b>',
      'mean of the channels that images are prepared with, such as 0.485,0.456,0.406',
      parseTriple,
    )
    .option('--std <r,g,b>', 'deviation of the channels that images are prepared with', parseTriple)
    .addOption(new Option('--engine <engine>', 'engine to use').choices(['auto', 'tensorflow', 'wasm', 'cpu']))
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      examples(
        'distillery weights convert ./pets-model/model --to tfjs --out ./pets-web',
        'distillery weights convert teacher.pth --model wrn_40_2 --classes names.txt --to model-folder --out ./teacher',
        'distillery weights convert torchvision/IMAGENET1K_V1 --model resnet18 --to safetensors --out resnet18.safetensors',
      ),
    )
    .action((file: string, options: ConvertOptions) => convert(context(), file, options));
}

async function inspect(context: Context, file: string, options: InspectOptions): Promise<void> {
  const report = await ask(context, path.resolve(file), undefined);
  const { terminal } = context;
  if (options.json) terminal.json(report);
  else weightsLines(report, options).forEach((line) => terminal.print(line));
  if (report.problems.length > 0) throw new CliError(`${file} cannot be used: ${report.problems.join('; ')}`);
}

async function convert(context: Context, file: string, options: ConvertOptions): Promise<void> {
  const { terminal } = context;
  const { to, out, model, size, resize, mean, std } = options;
  const classes = options.classes === undefined ? undefined : await readClassNames(options.classes);
  const conversion = { to, out: path.resolve(out), model, classes, size, resize, mean, std };
  // A published source is no path.
  const place = /^[a-z-]+(\/[A-Z0-9_]+)?$/.test(file) && model !== undefined ? file : path.resolve(file);
  const report = await ask(context, place, conversion, options.engine);
  for (const assumed of report.assumed) terminal.note(`${terminal.paintNote('yellow', 'assumed:')} ${assumed}`);
  if (options.json) terminal.json(report);
  else weightsLines(report).forEach((line) => terminal.print(line));
}

async function ask(
  { config, interrupted }: Context,
  file: string,
  conversion: WeightsMessage['convert'],
  engine: WeightsMessage['engine'] = config.engine,
): Promise<WeightsReport> {
  let report: WeightsReport | undefined;
  const { cacheFolder, weightsMirror, threads } = config;
  const trainer = startTrainer({
    message: { type: 'weights', file, convert: conversion, cacheFolder, weightsMirror, threads, engine },
    env: personalTrainerEnvironment(),
    onEvent: (event) => {
      if (event.type === 'weights') report = event.report;
    },
  });
  interrupted.addEventListener('abort', () => trainer.cancel('interrupted'), { once: true });
  const outcome = await trainer.done;
  if (outcome.type === 'cancelled') throw new CliError('interrupted', { exitCode: 130 });
  if (outcome.type === 'failed') {
    const { message, remedy, class: blame } = outcome.failure;
    throw new CliError(message, { remedy, exitCode: blame === 'user' ? 2 : 1 });
  }
  if (report === undefined) throw new CliError('the trainer has ended without an answer');
  return report;
}

async function readClassNames(file: string): Promise<string[]> {
  const names = (await readNamedFile(file)).split(/\r?\n/).map((line) => line.trim());
  return names.filter((name) => name !== '');
}

function parseTriple(text: string): Triple {
  const numbers = text.split(',').map(Number);
  if (numbers.length !== 3 || !numbers.every((value) => Number.isFinite(value))) {
    throw new InvalidArgumentError('It must be three numbers with commas between them.');
  }
  return numbers as Triple;
}
