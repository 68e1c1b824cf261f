import { Inject, Injectable } from '@nestjs/common';
import type { ArtifactStore } from '#artifacts';
import { Logger } from '#config';
import { PostgresAttemptStore, SharedOutputStore, type BegunAttempt } from '#persistence';
import { TeacherCache } from '../inputs/teacher-cache.js';
import { ARTIFACTS } from '../platform/ports.js';
import { Settings } from '../platform/settings.js';
import { AttemptFolders } from './attempt-folders.js';
import { Attempt, type AttemptTools } from './attempt.js';

/** Gives each attempt what it works with. */
@Injectable()
export class AttemptFactory {
  private readonly tools: Omit<AttemptTools, 'gpu'>;

  constructor(
    @Inject(Settings) { config, plan, trainer }: Settings,
    @Inject(PostgresAttemptStore) store: PostgresAttemptStore,
    @Inject(ARTIFACTS) artifacts: ArtifactStore,
    @Inject(AttemptFolders) folders: AttemptFolders,
    @Inject(TeacherCache) teachers: TeacherCache,
    @Inject(SharedOutputStore) sharedOutputs: SharedOutputStore,
    @Inject(Logger) logger: Logger,
  ) {
    const { cacheFolder, weightsMirror } = config;
    const { datasetsRoot, engine } = config.worker;
    const { threads } = plan;
    this.tools = {
      store,
      artifacts,
      folders,
      teachers,
      sharedOutputs,
      logger,
      cacheFolder,
      weightsMirror,
      datasetsRoot,
      engine,
      threads,
      trainer,
    };
  }

  /** @param gpu what its trainer computes on, by what `CUDA_VISIBLE_DEVICES` takes; undefined: the processor */
  create(begun: BegunAttempt, gpu: string | undefined): Attempt {
    return new Attempt(begun, { ...this.tools, gpu });
  }
}
