import { existsSync } from 'node:fs';
import path from 'node:path';
import { personalTrainerEnvironment } from '#config';
import type { RunPlan, Spec } from '#contracts';
import { startTrainer, type TrainerOutcome } from '#trainer-process';
import type { Context } from '../context.js';
import type { ProgressDisplay } from '../terminal/progress-display.js';
import { progressState } from '../terminal/run-progress.js';
import { readRunRecord, RunFolder, type TrainerEvent } from './run-folder.js';
import type { ResolvedTeachers } from './teacher.js';

export interface TrainPlanOptions {
  plan: RunPlan;
  /** Out folder of this run. */
  folder: string;
  label: string;
  teachers: ResolvedTeachers;
  resume: boolean;
  threads: number;
  engine: 'auto' | 'tensorflow' | 'wasm' | 'cpu';
  display: ProgressDisplay;
}

/** A trainer that is asked to stop finishes its step and writes a checkpoint. Milliseconds. */
const CANCEL_GRACE_MS = 10_000;

/** Trains one run in a process of its own, and keeps what it says in the run's folder. */
export async function trainPlan(
  { terminal, config, interrupted }: Context,
  { plan, folder, label, teachers, resume, threads, engine, display }: TrainPlanOptions,
): Promise<{ outcome: TrainerOutcome; run: RunFolder }> {
  const earlier = resume ? await readRunRecord(folder) : undefined;
  const checkpoint = earlier?.checkpoint === undefined ? undefined : path.join(folder, earlier.checkpoint);
  const continues = checkpoint !== undefined && existsSync(checkpoint);
  const run = await RunFolder.create(folder, standingAlone(plan.spec, teachers), continues ? earlier : undefined);
  if (continues) display.line(`${label}: continues from its checkpoint`);
  else if (resume) display.line(`${label}: begins anew, there is no checkpoint`);
  const trainer = startTrainer({
    message: {
      type: 'start',
      spec: plan.spec,
      seed: plan.seed,
      folder: path.resolve(folder),
      cacheFolder: config.cacheFolder,
      weightsMirror: config.weightsMirror,
      threads,
      engine,
      ...teachers,
      checkpoint: continues ? path.resolve(checkpoint) : undefined,
    },
    env: personalTrainerEnvironment(),
    graceMs: CANCEL_GRACE_MS,
    onEvent: (event) => {
      run.take(event);
      show(event, terminal, display, label);
    },
  });
  const cancel = () => trainer.cancel('interrupted');
  if (interrupted.aborted) cancel();
  interrupted.addEventListener('abort', cancel, { once: true });
  const outcome = await trainer.done;
  interrupted.removeEventListener('abort', cancel);
  display.finish(label);
  await run.finish(outcome);
  return { outcome, run };
}

/** The spec of a run of a ladder, its teachers named by the folders where they lie: beside other arms no longer. */
function standingAlone(spec: Spec, { teacher: found, ensemble }: ResolvedTeachers): Spec {
  if (spec.pipeline === 'transfer') return spec;
  const alone = <T extends object>(teacher: T, folder: string | undefined) => {
    if (!('arm' in teacher) || folder === undefined) return teacher;
    const { arm: _arm, ...rest } = teacher;
    return { ...rest, path: folder };
  };
  const teacher = Array.isArray(spec.teacher)
    ? spec.teacher.map((member, index) => alone(member, ensemble?.[index]?.folder))
    : alone(spec.teacher, found?.folder);
  return { ...spec, teacher } as Spec;
}

function show(event: TrainerEvent, terminal: Context['terminal'], display: ProgressDisplay, label: string): void {
  if (event.type === 'started') display.line(`${label}: ${event.engine.reason}`);
  else if (event.type === 'progress') display.update(label, progressState(event.progress));
  else if (event.type === 'log' && event.level !== 'debug') {
    const colour = ({ info: 'reset', warn: 'yellow', error: 'red' } as const)[event.level];
    display.line(terminal.paintNote(colour, event.message));
  }
}
