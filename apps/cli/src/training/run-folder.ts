import { createWriteStream, type WriteStream } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { once } from 'node:events';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { FailureSchema, ReportSchema, type Failure, type Report, type Spec } from '#contracts';
import type { TrainerOptions, TrainerOutcome } from '#trainer-process';

export type TrainerEvent = Parameters<TrainerOptions['onEvent']>[0];

const RecordSchema = z.object({
  state: z.enum(['running', 'completed', 'failed', 'cancelled']),
  startedAt: z.string(),
  finishedAt: z.string().optional(),
  engine: z.object({ backend: z.string(), version: z.string(), reason: z.string(), threads: z.number() }).optional(),
  /** Paths below the folder. */
  checkpoint: z.string().optional(),
  model: z.string().optional(),
  failure: FailureSchema.optional(),
});

/** `run.json`: what became of the run, and where its checkpoint and model are. */
export type RunRecord = z.infer<typeof RecordSchema>;

export async function readRunRecord(folder: string): Promise<RunRecord | undefined> {
  const text = await readFile(path.join(folder, 'run.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return RecordSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** What the experiment of a run is called, by its spec. */
export async function runName(folder: string): Promise<string | undefined> {
  const text = await readFile(path.join(folder, 'config.yaml'), 'utf8').catch(() => '');
  try {
    const { name } = (parse(text) ?? {}) as { name?: unknown };
    return typeof name === 'string' ? name : undefined;
  } catch {
    return undefined;
  }
}

/** The report of a run that has completed, or `undefined` where there is none that can be read. */
export async function readReport(folder: string): Promise<Report | undefined> {
  const text = await readFile(path.join(folder, 'report.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return ReportSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/**
 * The out folder of one run, which explains itself. The trainer writes its artifacts (checkpoint, model, report) below
 * it; all else is written here from what the trainer says.
 */
export class RunFolder {
  private readonly log: WriteStream;
  private readonly metrics: WriteStream;
  private firstMetrics = true;

  private constructor(
    readonly folder: string,
    private record: RunRecord,
    /** Metric lines of the attempt that is continued. */
    private readonly earlier: readonly string[],
  ) {
    this.log = createWriteStream(path.join(folder, 'log.txt'), { flags: 'a' });
    this.metrics = createWriteStream(path.join(folder, 'metrics.jsonl'), { flags: 'w' });
  }

  static async create(folder: string, spec: Spec, continued: RunRecord | undefined): Promise<RunFolder> {
    await mkdir(folder, { recursive: true });
    await writeFile(
      path.join(folder, 'config.yaml'),
      `# What this run did, every default written out. "distillery train" on this file does it again.\n${stringify(spec)}`,
    );
    await writeFile(path.join(folder, 'README.md'), readme(spec));
    const metrics =
      continued === undefined ? '' : await readFile(path.join(folder, 'metrics.jsonl'), 'utf8').catch(() => '');
    const record: RunRecord = { ...continued, state: 'running', startedAt: new Date().toISOString() };
    delete record.failure;
    delete record.finishedAt;
    const run = new RunFolder(
      folder,
      record,
      metrics.split('\n').filter((line) => line !== ''),
    );
    await run.save();
    return run;
  }

  /** Absolute path of the exported model's folder, once there is one. */
  get model(): string | undefined {
    return this.record.model === undefined ? undefined : path.join(this.folder, this.record.model);
  }

  take(event: TrainerEvent): void {
    if (event.type === 'log') {
      this.log.write(`${new Date(event.at).toISOString()} ${event.level.padEnd(5)} ${event.message}\n`);
    } else if (event.type === 'metrics') {
      this.keepEarlier(event.step);
      this.metrics.write(
        `${JSON.stringify({ step: event.step, at: new Date(event.at).toISOString(), ...event.values })}\n`,
      );
    } else if (event.type === 'started') {
      this.record.engine = event.engine;
      this.log.write(`${new Date().toISOString()} info  engine: ${event.engine.reason}\n`);
    } else if (event.type === 'artifact') {
      if (event.kind === 'checkpoint') this.record.checkpoint = event.path;
      else if (event.kind === 'model') this.record.model ??= path.posix.dirname(event.path);
      this.saving = this.saving.then(() => this.save());
    }
  }

  private saving: Promise<void> = Promise.resolve();

  async finish(outcome: TrainerOutcome): Promise<void> {
    this.keepEarlier(Infinity);
    const failure: Failure | undefined = outcome.type === 'failed' ? outcome.failure : undefined;
    if (failure !== undefined) {
      this.log.write(
        `${new Date().toISOString()} error ${failure.message}\n${failure.stack === undefined ? '' : `${failure.stack}\n`}`,
      );
    }
    await Promise.all([this.log, this.metrics].map((stream) => once(stream.end(), 'close')));
    if (outcome.type === 'completed' && outcome.report !== undefined) await this.saveReport(outcome.report);
    this.record = { ...this.record, state: outcome.type, finishedAt: new Date().toISOString(), failure };
    await this.saving;
    await this.save();
  }

  /** An attempt that continues from a checkpoint repeats steps: those lines of the earlier one make way. */
  private keepEarlier(step: number): void {
    if (!this.firstMetrics) return;
    this.firstMetrics = false;
    for (const line of this.earlier) if (stepOf(line) < step) this.metrics.write(`${line}\n`);
  }

  private async saveReport(report: Report): Promise<void> {
    await writeAtomically(path.join(this.folder, 'report.json'), `${JSON.stringify(report, null, 2)}\n`);
  }

  private async save(): Promise<void> {
    await writeAtomically(path.join(this.folder, 'run.json'), `${JSON.stringify(this.record, null, 2)}\n`);
  }
}

function stepOf(line: string): number {
  try {
    return (JSON.parse(line) as { step: number }).step;
  } catch {
    // Cut off when the process was killed.
    return Infinity;
  }
}

async function writeAtomically(file: string, text: string): Promise<void> {
  const half = `${file}.${process.pid}.tmp`;
  await writeFile(half, text);
  await rename(half, file);
}

function readme(spec: Spec): string {
  return `# ${spec.name}

A run of the ${spec.pipeline} pipeline of Distillery, seed ${spec.seeds[0]}.

| file | what it is |
| --- | --- |
| \`config.yaml\` | the spec with every default written out; \`distillery train config.yaml\` does it again |
| \`run.json\` | how it ended, with which engine, and where the checkpoint and the model are |
| \`metrics.jsonl\` | one line per report of the training: step, time, and values such as \`train.loss\` |
| \`log.txt\` | what the trainer said |
| checkpoint | all that \`distillery train --resume\` needs to go on as if the run had not stopped (path in \`run.json\`) |
| \`model/\` | the exported model: \`distillery predict --model . image.jpg\` |
| \`report.html\` | the report to look at: accuracy, calibration, classes, robustness, mistakes (the test split is read once, at the end) |
| \`report.json\` | the same in numbers |

The model, the report and the checkpoint appear as the run gets that far. \`distillery show --from .\` sums up the report.
`;
}
