import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseSpec, type Spec } from '#contracts';
import { parse, stringify } from 'yaml';
import { CliError, UsageError } from '../cli-error.js';

/** In the out folder of several runs: the experiment that they are of, every default written out. */
const EXPERIMENT_FILE = 'experiment.yaml';
/** In the out folder of a single run: its spec. */
const CONFIG_FILE = 'config.yaml';

/** Writes down what the runs below an out folder are of, so that they can be summed up again. */
export async function writeExperiment(folder: string, spec: Spec): Promise<void> {
  const text = stringify(spec, { aliasDuplicateObjects: false });
  const comment =
    '# The experiment of the runs beside this file, every default written out. "distillery study --from" on the folder\n' +
    '# sums them up; "distillery train" on this file does them again.\n';
  await writeFile(path.join(folder, EXPERIMENT_FILE), `${comment}${text}`);
}

/**
 * The experiment of an out folder of `distillery train`; of a single run, its spec.
 * @throws UsageError where the folder is none
 */
export async function readExperiment(folder: string): Promise<Spec> {
  for (const name of [EXPERIMENT_FILE, CONFIG_FILE]) {
    const file = path.join(folder, name);
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
      throw new CliError(`${file} can't be read: ${error.message}`, { cause: error });
    });
    if (text === undefined) continue;
    const parsed = parseSpec(yamlOf(file, text));
    if (parsed.ok) return parsed.spec;
    const [{ path: field, message }] = parsed.issues;
    throw new CliError(`${file}: ${field === '' ? message : `${field}: ${message}`}`, {
      remedy: 'it was changed by hand, or written by another version: mend it, or train again',
    });
  }
  throw new UsageError(
    `--from: ${folder} has neither ${EXPERIMENT_FILE} nor ${CONFIG_FILE}`,
    'name a folder that "distillery train" has written, such as runs/NAME',
  );
}

function yamlOf(file: string, text: string): unknown {
  try {
    return parse(text) as unknown;
  } catch (error) {
    throw new CliError(`${file} is no YAML: ${(error as Error).message.split('\n')[0]}`, { cause: error });
  }
}
