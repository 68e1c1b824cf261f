import { NestFactory } from '@nestjs/core';
import { nestLogger, trainerEnvironment, type Config, type Logger } from '#config';
import { CHANNELS, NotificationListener } from '#persistence';
import { planSlots, thisMachine, trainerGpus } from '#trainer-process';
import { AttemptFolders } from './attempts/attempt-folders.js';
import { available } from './platform/available.js';
import { connectServices } from './platform/services.js';
import { Settings } from './platform/settings.js';
import { Registration } from './registration.js';
import { RunIntake } from './run-intake.js';
import { WorkerModule } from './worker.module.js';

export interface WorkerOptions {
  config: Config;
  logger: Logger;
  /** Gives up waiting for the services; `startWorker` then throws the signal's reason. */
  signal?: AbortSignal;
  /** The program of a trainer. Default: the built one. */
  trainer?: string;
  /** What trainers compute on, by what `CUDA_VISIBLE_DEVICES` takes. Default: the GPUs that the engine can use. */
  gpus?: readonly string[];
}

export interface RunningWorker {
  slots: number;
  threads: number;
  /** The GPU of each slot; empty where trainers compute on the processor. */
  gpus: readonly string[];
  /**
   * Takes nothing more, lets trainers write a checkpoint and stop within `withinMs`, gives their runs back and lets go
   * of everything. Called again, it keeps to the shorter time.
   * @returns whether every run was given back in time
   */
  drain(withinMs: number): Promise<boolean>;
}

/** Waits for the services and takes runs from then on. Throws where something is wrong that waiting will not mend. */
export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  const { config, logger, trainer, signal = new AbortController().signal } = options;
  const waiting = { logger, signal };
  const plan = planSlots({ ...thisMachine(), gpus: options.gpus ?? (await gpusFor(config, logger)) }, config.worker);
  const services = await connectServices(config, waiting);
  const app = await NestFactory.createApplicationContext(
    WorkerModule.over(new Settings(config, plan, trainer), services, logger),
    { logger: nestLogger(logger), abortOnError: false },
  );
  const [registration, intake, folders] = [app.get(Registration), app.get(RunIntake), app.get(AttemptFolders)];
  let listener: NotificationListener | undefined;
  const letGo = async () => {
    await listener?.close();
    await registration.stop();
    await folders.close();
    await app.close();
    await services.database.close();
  };
  try {
    await folders.sweep();
    listener = await available('the database', () => listen(config, intake, logger), waiting);
    await available('the database', () => registration.start(), waiting);
    await available('the queue', () => intake.start(), waiting);
  } catch (error) {
    await letGo();
    throw error;
  }
  let closing: Promise<void> | undefined;
  return {
    ...plan,
    async drain(withinMs) {
      const ended = await intake.drain(withinMs);
      await (closing ??= letGo());
      return ended;
    },
  };
}

async function gpusFor(config: Config, logger: Logger): Promise<string[]> {
  if (!['auto', 'tensorflow'].includes(config.worker.engine)) return [];
  return trainerGpus({ env: trainerEnvironment(config), onProblem: (line) => logger.warn(line) });
}

function listen(config: Config, intake: RunIntake, logger: Logger): Promise<NotificationListener> {
  return NotificationListener.listen({
    url: config.databaseUrl,
    handlers: { [CHANNELS.cancel]: (runId) => intake.look(runId) },
    onError: (error) => logger.warn('notifications of the database are interrupted', error),
  });
}
