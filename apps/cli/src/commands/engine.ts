import { ACCELERATORS, type Accelerator, engineDoctor, installEngine } from '#engine';
import { Option, type Command } from 'commander';
import { CliError } from '../cli-error.js';
import type { Context } from '../context.js';
import { printEngineReport } from '../doctor/print-engine-report.js';
import { trainersOf } from '../doctor/trainers-of.js';
import { examples } from '../options.js';
import { progressDisplay } from '../terminal/progress-display.js';
import { bytes } from '../terminal/units.js';

interface InstallOptions {
  force?: boolean;
  compiler: 'auto' | 'system' | 'zig';
  accelerator: Accelerator;
  json?: boolean;
}

interface DoctorOptions {
  speed: boolean;
  json?: boolean;
}

export function engineCommand(program: Command, context: () => Context): void {
  const engine = program
    .command('engine')
    .description('the library that trains: TensorFlow, kept in your cache folder');
  engine
    .command('install')
    .description(
      'fetch TensorFlow with pip (270 MB; 2.5 GB for an NVIDIA GPU) and compile its binding; what is there is left alone',
    )
    .option('--force', 'install again what is there already')
    .addOption(
      new Option('--compiler <compiler>', "the machine's C++ compiler, or zig, which pip brings")
        .choices(['auto', 'system', 'zig'])
        .default('auto'),
    )
    .addOption(
      new Option('--accelerator <accelerator>', 'what it computes on; auto: the GPU where NVIDIA’s driver has one')
        .choices(ACCELERATORS)
        .default('auto'),
    )
    .option('--json', 'print where it is as JSON')
    .addHelpText('after', examples('distillery engine install', 'distillery engine install --accelerator cpu'))
    .action((options: InstallOptions) => install(context(), options));
  engine
    .command('doctor')
    .description('say which engine would train here and why; fails where it is not TensorFlow')
    .option('--no-speed', 'do not measure how fast it is, which takes about two seconds')
    .option('--json', 'print JSON')
    .addHelpText('after', examples('distillery engine doctor', 'distillery engine doctor --no-speed --json'))
    .action((options: DoctorOptions) => doctor(context(), options));
}

async function install({ terminal, interrupted }: Context, options: InstallOptions): Promise<void> {
  const display = progressDisplay(terminal);
  const label = 'TensorFlow';
  try {
    const engine = await installEngine({
      force: options.force,
      compiler: options.compiler,
      accelerator: options.accelerator,
      onNote: (line) => display.line(terminal.paintNote('yellow', line)),
      signal: interrupted,
      onProgress: ({ fraction, label: detail, etaMs, bytes: done, totalBytes }) => {
        const counted = done === undefined || !totalBytes ? '' : ` ${bytes(done)} of ${bytes(totalBytes)}`;
        display.update(label, { fraction, etaMs, detail: `${detail}${counted}` });
      },
    });
    display.finish(label);
    if (options.json) terminal.json(engine);
    else terminal.print(`TensorFlow ${engine.tensorflow}, compiled with ${engine.compiler}, is in ${engine.folder}`);
  } catch (error) {
    if (interrupted.aborted) throw new CliError('interrupted: nothing was installed', { exitCode: 130 });
    throw error;
  } finally {
    display.stop();
  }
}

async function doctor({ terminal, config }: Context, { json, speed }: DoctorOptions): Promise<void> {
  const report = await engineDoctor({ speed });
  const trainers = trainersOf(report, config);
  if (json) terminal.json({ ...report, trainers });
  else printEngineReport(terminal, report, trainers);
  if (report.backend !== 'tensorflow') throw new CliError('runs would use WebAssembly, which is slower');
}
