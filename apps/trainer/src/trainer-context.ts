import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { ArtifactNameSchema, type ArtifactKind, type LogLevel, type Progress, type StartMessage } from '#contracts';
import { localOutputs, readCheckpoint, writeCheckpoint, type Checkpoint, type RunContext } from '#pipelines';
import type { EventChannel } from './event-channel.js';
import { SharedOutputs } from './shared-outputs.js';
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

  constructor(
    task: Pick<StartMessage, 'folder' | 'cacheFolder' | 'weightsMirror' | 'checkpoint' | 'shareOutputs'>,
    private readonly channel: Pick<EventChannel, 'post'>,
    readonly signal: AbortSignal,
  ) {
    this.folder = task.folder;
    this.cacheFolder = task.cacheFolder;
    this.weightsMirror = task.weightsMirror;
    const outputs = localOutputs(task.cacheFolder);
    this.teacherOutputs = task.shareOutputs === true ? new SharedOutputs(outputs, this) : outputs;
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
    this.channel.post({ type: 'progress', progress });
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
