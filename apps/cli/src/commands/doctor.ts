import { engineDoctor } from '#engine';
import type { Command } from 'commander';
import { CliError } from '../cli-error.js';
import { DEFAULT_DATA_FOLDER, type Context } from '../context.js';
import { hasProblem, type Check } from '../doctor/check.js';
import { engineChecks } from '../doctor/engine-checks.js';
import { diskCheck, nodeCheck } from '../doctor/machine-checks.js';
import { printChecks } from '../doctor/print-checks.js';
import { namedServiceChecks, portCheck, postgresCheck } from '../doctor/service-checks.js';
import { trainersOf } from '../doctor/trainers-of.js';
import { examples } from '../options.js';

interface DoctorOptions {
  data: string;
  speed: boolean;
  json?: boolean;
}

export function doctorCommand(program: Command, context: () => Context): void {
  program
    .command('doctor')
    .description('look at this machine: what is missing for Distillery, and what to do about it')
    .option('--data <dir>', 'folder of the database and the artifacts', DEFAULT_DATA_FOLDER)
    .option('--no-speed', 'do not measure how fast the engine is, which takes about two seconds')
    .option('--json', 'print JSON')
    .addHelpText('after', examples('distillery doctor', 'distillery doctor --json'))
    .action((options: DoctorOptions) => doctor(context(), options));
}

async function doctor({ terminal, config }: Context, { data, speed, json }: DoctorOptions): Promise<void> {
  const [engine, cacheDisk, dataDisk, port, postgres, services] = await Promise.all([
    engineDoctor({ speed }).then((report) => engineChecks(report, trainersOf(report, config))),
    diskCheck('cache', config.cacheFolder),
    diskCheck('data', data),
    portCheck(config),
    postgresCheck(config),
    namedServiceChecks(config),
  ]);
  const checks: Check[] = [nodeCheck(), ...engine, cacheDisk, dataDisk, port, postgres, ...services];
  const ok = !hasProblem(checks);
  if (json) terminal.json({ ok, checks });
  else printChecks(terminal, checks);
  if (ok) return;
  const count = checks.filter(({ status }) => status === 'problem').length;
  throw new CliError(count === 1 ? 'one thing will not work' : `${count} things will not work`);
}
