import { createHash } from 'node:crypto';
import { access, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ExperimentSchema, pageOf, parseSpecText, RunSchema } from '#contracts';
import type { ApiClient } from '../client/api-client.js';
import { CliError } from '../cli-error.js';

/** In the order in which they build on each other: the distillation's teacher is the transfer's run. */
const EXAMPLES = ['transfer', 'logistic', 'distillation'] as const;

/** Lies in the data folder from before the first submission until after the last one. */
const MARK = 'examples-being-submitted';

/**
 * Submits the examples where the database is empty. A start that was killed half-way goes on where
 * it stopped: the same Idempotency-Key twice is one experiment.
 * @returns the ids of the runs, empty where nothing was submitted
 */
export async function submitExamples(client: ApiClient, dataFolder: string, folder: string): Promise<string[]> {
  const mark = path.join(dataFolder, MARK);
  const interrupted = await access(mark).then(
    () => true,
    () => false,
  );
  if (!interrupted) {
    const page = await client.get('runs', pageOf(RunSchema), { limit: 1 });
    if (page.items.length > 0) return [];
    await writeFile(mark, '');
  }
  const runs: string[] = [];
  for (const name of EXAMPLES) {
    const text = await readFile(path.join(folder, `${name}.yaml`), 'utf8');
    const parsed = parseSpecText(text);
    if (!parsed.ok) throw new CliError(`examples/${name}.yaml: ${parsed.issues[0].path} ${parsed.issues[0].message}`);
    const key = `example-${name}-${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;
    const experiment = await client.post('experiments', ExperimentSchema, parsed.spec, { 'idempotency-key': key });
    runs.push(...experiment.runs.map((run) => run.id));
  }
  await rm(mark, { force: true });
  return runs;
}
