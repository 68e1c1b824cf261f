import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { ArtifactNameSchema, type ArtifactKind, type LogLevel, type Progress, type StartMessage } from '#contracts';
import { localOutputs, readCheckpoint, writeCheckpoint, type Checkpoint, type RunContext } from '#pipelines';
import type { EventChannel } from './event-channel.js';
import type { OutputLeases } from './output-leases.js';
import { SharedOutputs } from './shared-outputs.js';
import { ToldWaits } from './told-waits.js';
import { writeAtomically } from './write-atomically.js';

export const CHECKPOINT_FILE = 'checkpoint.safetensors';

/** A line is for a person; a longer one is cut. */
const MAX_LOG_CHARACTERS = 8000;

/** The run's context in a trainer: what is said crosses IPC, what is written lies below the attempt's folder. */
export class TrainerContext implements RunContext {
  readonly cacheFolder: string;
  readonly weightsMirror: string | undefined;
  readonly teacherOutputs: RunContext['teacherOutputs'];
  private readonly folder: string;
  private readonly earlier: string | undefined;
  private readonly notFinite = new Set<string>();
  private latest: Progress | undefined;
  private waitsFor: string | undefined;

  constructor(
    task: Pick<StartMessage, 'folder' | 'cacheFolder' | 'weightsMirror' | 'checkpoint' | 'shareOutputs'>,
    private readonly channel: Pick<EventChannel, 'post'>,
    readonly signal: AbortSignal,
    leases?: OutputLeases,
  ) {
    this.folder = task.folder;
    this.cacheFolder = task.cacheFolder;
    this.weightsMirror = task.weightsMirror;
    const local = localOutputs(task.cacheFolder);
    const isShared = task.shareOutputs === true && leases !== undefined;
    this.teacherOutputs = new ToldWaits(isShared ? new SharedOutputs(local, this, leases) : local, {
      log: (level, message) => this.log(level, message),
      waitFor: (what) => this.waitFor(what),
      metrics: isShared ? (step, values) => this.metrics(step, values) : undefined,
    });
    this.earlier = task.checkpoint;
  }

  log(level: LogLevel, message: string): void {
    const line = message.length > MAX_LOG_CHARACTERS ? `${message.slice(0, MAX_LOG_CHARACTERS)}…` : message;
    this.channel.post({ type: 'log', level, message: line, at: Date.now() });
  }

  /** JSON has no NaN, and no chart shows one: such a value is left out, and the first of its key is said in the log. */
  metrics(step: number, values: Record<string, number>): void {
    const finite = Object.entries(values).filter(([, value]) => Number.isFinite(value));
    for (const [key, value] of Object.entries(values)) {
      if (Number.isFinite(value) || this.notFinite.has(key)) continue;
      this.notFinite.add(key);
      this.log('warn', `${key} is ${value} at step ${step}: a lower learning rate may help`);
    }
    if (finite.length === 0) return;
    this.channel.post({ type: 'metrics', step, values: Object.fromEntries(finite), at: Date.now() });
  }

  progress(progress: Progress): void {
    this.latest = progress;
    const phase = this.waitsFor ?? progress.phase;
    this.channel.post({ type: 'progress', progress: { ...progress, phase } });
  }

  /**
   * Says in the progress what is waited for, in place of what is done.
   * @param what in words; undefined: nothing any more
   */
  waitFor(what: string | undefined): void {
    this.waitsFor = what;
    this.progress(this.latest ?? { phase: 'teacher', done: 0, total: 0, fraction: 0 });
  }

  async saveCheckpoint(checkpoint: Checkpoint): Promise<void> {
    await this.writeArtifact('checkpoint', CHECKPOINT_FILE, writeCheckpoint(checkpoint));
  }

  /** The one that the parent names, else one that this folder has. */
  async loadCheckpoint(): Promise<Checkpoint | undefined> {
    if (this.earlier !== undefined) return readCheckpoint(this.earlier);
    const own = path.join(this.folder, CHECKPOINT_FILE);
    const exists = await stat(own).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return false;
        throw error;
      },
    );
    return exists ? readCheckpoint(own) : undefined;
  }

  async writeArtifact(kind: ArtifactKind, name: string, bytes: Uint8Array): Promise<void> {
    const legal = ArtifactNameSchema.parse(name);
    const file = path.join(this.folder, ...legal.split('/'));
    await mkdir(path.dirname(file), { recursive: true });
    await writeAtomically(file, bytes);
    const { mtimeMs } = await stat(file);
    this.channel.post({ type: 'artifact', kind, name: legal, path: legal, modifiedAt: mtimeMs });
  }
}
