import path from 'node:path';
import { expandRuns, KNOWN_DATASETS, KNOWN_MODELS, PIPELINES, teachersOf, type Spec } from '#contracts';
import { Option, type Command } from 'commander';
import { CliError, UsageError } from '../cli-error.js';
import type { Context } from '../context.js';
import { makeFolder } from '../make-folder.js';
import { collect, examples, parseCount, parsePositive, parseSeed } from '../options.js';
import { ensureEngine } from '../platform/ensure-engine.js';
import { readSpecFile } from '../spec-file.js';
import { progressDisplay } from '../terminal/progress-display.js';
import { shellWord } from '../terminal/shell-words.js';
import { studyLines } from '../terminal/study-lines.js';
import { completedRunLine, completedRunLines, type CompletedRun } from '../training/completed-run.js';
import { writeExperiment } from '../training/experiment-folder.js';
import { RUNS_FOLDER } from '../training/local-runs.js';
import { localStudy } from '../training/local-study.js';
import { outFolder } from '../training/out-folder.js';
import { planFolders } from '../training/plan-folders.js';
import { readRunRecord } from '../training/run-folder.js';
import { specOfFlags, type SpecFlags } from '../training/spec-of-flags.js';
import { InlineTeachers } from '../training/inline-teachers.js';
import { resolveTeachers, withModelOf, type ResolvedTeachers } from '../training/teacher.js';
import { trainPlan } from '../training/train-plan.js';

interface TrainOptions extends SpecFlags {
  set?: string[];
  out?: string;
  resume?: boolean;
  threads?: number;
  engine?: 'auto' | 'tensorflow' | 'wasm' | 'cpu';
  json?: boolean;
}

export function trainCommand(program: Command, context: () => Context): void {
  program
    .command('train [file]')
    .description('train on this machine without a server: a spec file, or --pipeline with --data')
    .option('--set <key=value>', 'change a field of the spec, such as training.epochs=3; may be repeated', collect)
    .addOption(new Option('--pipeline <pipeline>', 'instead of a file').choices(PIPELINES))
    .option('--data <dir>', `folder with one subfolder of images per class, or ${KNOWN_DATASETS.join(', ')}`)
    .option('--backbone <model>', `pretrained network: ${KNOWN_MODELS.join(', ')}`)
    .option('--student <model>', 'network that is distilled into')
    .option('--teacher <dir>', 'folder of a model, or of the run that made it')
    .option('--weights <source>', 'weights of the backbone: coco, none, or a file')
    .option('--freeze', 'train the new head alone')
    .option('--epochs <n>', 'passes over the images', parseCount)
    .option('--batch-size <n>', 'images per step', parseCount)
    .option('--learning-rate <rate>', 'learning rate', parsePositive)
    .option('--size <pixels>', "height and width of the network's input", parseCount)
    .option('--seed <n>', 'seed of all randomness', parseSeed)
    .option('--name <name>', 'name of the experiment')
    .option('--out <dir>', `folder to write to (default: ${RUNS_FOLDER}/NAME)`)
    .option('--resume', 'go on from the checkpoint in the out folder')
    .option('--threads <n>', 'threads of the engine (default: by the machine)', parseCount)
    .addOption(new Option('--engine <engine>', 'engine to use').choices(['auto', 'tensorflow', 'wasm', 'cpu']))
    .option('--json', 'print the reports as JSON')
    .addHelpText(
      'after',
      examples(
        'distillery train examples/transfer.yaml',
        'distillery train --pipeline transfer --data ./pets --backbone mobilenet_v2 --out ./pets-model',
        'distillery train examples/transfer.yaml --resume',
      ),
    )
    .action((file: string | undefined, options: TrainOptions) => train(context(), file, options));
}

async function train(context: Context, file: string | undefined, options: TrainOptions): Promise<void> {
  const { terminal, config, interrupted } = context;
  const spec = await specOf(file, options);
  const { plans } = expandRuns(spec);
  if (options.teacher !== undefined && spec.arms !== undefined) {
    throw new UsageError('--teacher: the arms of a ladder name their teachers themselves');
  }
  // What is missing is missed before anything is trained.
  const named = new Map<string, ResolvedTeachers>();
  for (const { spec: each } of plans) {
    const key = JSON.stringify(teachersOf(each));
    if (!named.has(key)) named.set(key, await resolveTeachers(each, options.teacher));
  }
  const out = await outFolder(spec.name, options);
  await makeFolder('--out', out);
  const display = progressDisplay(terminal);
  const engine = options.engine ?? config.engine;
  const surroundings = {
    ...{ engine, display },
    threads: options.threads ?? config.threads,
    resume: options.resume ?? false,
  };
  const inline = new InlineTeachers(context, out, surroundings);
  const finished: CompletedRun[] = [];
  const failures: CliError[] = [];
  try {
    const complaint =
      engine === 'auto' || engine === 'tensorflow' ? await ensureEngine({ display, signal: interrupted }) : undefined;
    if (complaint !== undefined) display.line(terminal.paintNote('yellow', complaint));
    if (plans.length > 1) await writeExperiment(out, spec);
    const folders = planFolders(plans).map((name) => path.join(out, name));
    for (const [index, name] of planFolders(plans).entries()) {
      const folder = folders[index];
      const label = name === '' ? spec.name : name;
      if (options.resume && (await readRunRecord(folder))?.state === 'completed') {
        display.line(`${label}: has completed already`);
        continue;
      }
      const plan = plans[index];
      const arms = plan.teachers.map(({ plan: arm, member }) => ({ member, run: folders[plans.indexOf(arm)] }));
      const missing = await firstIncomplete(arms.map(({ run }) => run));
      if (missing !== undefined) {
        const failure = new CliError(`${label}: its teacher ${path.basename(missing)} has not completed`);
        failures.push(failure);
        display.line(terminal.paintNote('red', failure.message));
        continue;
      }
      const found = arms.reduce(
        (teachers, { member, run }) => withModelOf(teachers, member, run),
        named.get(JSON.stringify(teachersOf(plan.spec)))!,
      );
      const taught = options.teacher === undefined ? await inline.of(plan, found) : { teachers: found };
      const { outcome, run } =
        'outcome' in taught
          ? { ...taught, run: undefined }
          : await trainPlan(context, { plan, folder, label, ...taught, ...surroundings });
      if (outcome.type === 'cancelled') throw new Cancelled(out, file);
      if (outcome.type === 'completed') finished.push({ label, folder, report: outcome.report, model: run!.model });
      else {
        const { message, remedy, field, class: blame } = outcome.failure;
        const text = field === undefined ? message : `${field}: ${message}`;
        const failure = new CliError(`${plans.length > 1 ? `${label}: ` : ''}${text}`, {
          exitCode: blame === 'user' ? 2 : 1,
          remedy,
        });
        failures.push(failure);
        if (plans.length > 1) display.line(terminal.paintNote('red', failure.message));
      }
    }
  } finally {
    display.stop();
  }
  if (options.json) {
    terminal.json(finished.map(({ folder, report }) => ({ folder: path.resolve(folder), report: report ?? null })));
  } else if (plans.length > 1) {
    await printStudy(terminal, out, finished);
  } else {
    for (const run of finished) for (const line of completedRunLines(run, terminal)) terminal.print(line);
  }
  if (failures.length === 1) throw failures[0];
  if (failures.length > 1)
    throw new CliError(`${failures.length} of ${plans.length} runs failed`, { remedy: `see ${out}` });
}

async function firstIncomplete(runs: readonly string[]): Promise<string | undefined> {
  for (const run of runs) if ((await readRunRecord(run))?.state !== 'completed') return run;
  return undefined;
}

async function specOf(file: string | undefined, options: TrainOptions): Promise<Spec> {
  if (file === undefined) {
    if (options.set !== undefined) throw new UsageError('--set changes a spec file, and none is named');
    return specOfFlags(options, KNOWN_DATASETS);
  }
  const flags = [
    'pipeline',
    'data',
    'backbone',
    'student',
    'weights',
    'freeze',
    'epochs',
    'batchSize',
    'learningRate',
    'size',
    'seed',
    'name',
  ] as const;
  const given = flags.filter((flag) => options[flag] !== undefined);
  if (given.length > 0) {
    const names = given.map((flag) => `--${flag.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`);
    throw new UsageError(
      `${names.join(', ')} can't be used with a spec file`,
      'change its fields with --set, such as --set training.epochs=3',
    );
  }
  return (await readSpecFile(file, options.set)).spec;
}

class Cancelled extends CliError {
  override name = 'Cancelled';

  constructor(out: string, file: string | undefined) {
    const again =
      file === undefined ? 'the same command with --resume' : `"distillery train ${file} --out ${out} --resume"`;
    super('cancelled', { exitCode: 130, remedy: `${again} goes on from the last checkpoint` });
  }
}

/** Of many runs a line each, then what they say together. */
async function printStudy(
  terminal: Context['terminal'],
  out: string,
  finished: readonly CompletedRun[],
): Promise<void> {
  for (const run of finished) terminal.print(completedRunLine(run));
  const study = await localStudy(out);
  if (study.arms.every(({ results }) => results.length === 0)) return;
  if (finished.length > 0) terminal.print();
  for (const line of studyLines(study, terminal)) terminal.print(line);
  terminal.print();
  terminal.print(`npx distillery study --from ${shellWord(out)}`);
}
