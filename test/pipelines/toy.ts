import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { parseSpec, type Spec } from '#contracts';
import { nullRunContext, readCheckpoint, writeCheckpoint, type Checkpoint, type RunContext } from '#pipelines';

/** Classes that differ in colour, which any network tells apart. */
export const TOY_CLASSES = ['copper', 'moss', 'slate'];
const COLOURS = [
  [190, 100, 40],
  [70, 130, 60],
  [70, 90, 120],
];
export const TOY_SIZE = 12;

/**
 * An image folder of noisy, coloured squares; the same bytes for the same arguments.
 * @param folder of the classes, or of a split's
 */
export async function writeToyImages(
  folder: string,
  perClass: number,
  { classes = TOY_CLASSES, first = 0 }: { classes?: readonly string[]; first?: number } = {},
): Promise<void> {
  for (const [label, name] of classes.entries()) {
    await mkdir(path.join(folder, name), { recursive: true });
    for (let index = first; index < first + perClass; index++) {
      const file = path.join(folder, name, `${String(index).padStart(3, '0')}.png`);
      await sharp(toyPixels(label, index), { raw: { width: TOY_SIZE, height: TOY_SIZE, channels: 3 } })
        .png()
        .toFile(file);
    }
  }
}

function toyPixels(label: number, index: number): Buffer {
  const colour = COLOURS[label % COLOURS.length];
  const noise = (at: number): number =>
    (Math.imul(at + 1, 0x9e3779b1 ^ Math.imul(index + 1, 0x85ebca6b)) >>> 24) / 4 - 32;
  return Buffer.from(
    Array.from({ length: TOY_SIZE ** 2 * 3 }, (_, at) =>
      Math.max(0, Math.min(255, Math.round(colour[at % 3] + noise(at)))),
    ),
  );
}

/** A spec over toy images, with every default of the schema. */
export function toySpec<P extends Spec['pipeline']>(
  pipeline: P,
  folder: string,
  fields: Record<string, unknown> = {},
): Extract<Spec, { pipeline: P }> {
  const parsed = parseSpec({
    name: 'toy',
    pipeline,
    dataset: { path: folder, validation: 0.2, test: 0.25 },
    image: { size: TOY_SIZE },
    training: { epochs: 3, batchSize: 8, optimizer: { learningRate: 0.05 } },
    // The report's own specs look into what takes time.
    report: { maxSeconds: 0 },
    ...fields,
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return parsed.spec as Extract<Spec, { pipeline: P }>;
}

/** A folder of its own for a test's images, cache and models; whoever takes it removes it. */
export async function temporaryFolder(): Promise<{ folder: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'distillery-pipelines-'));
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

export interface Recording extends RunContext {
  readonly points: { step: number; values: Record<string, number> }[];
  readonly lines: string[];
  readonly artifacts: Map<string, Uint8Array>;
  readonly phases: string[];
  /** As files hold them. */
  readonly checkpoints: Uint8Array[];
}

/** A context that keeps what a pipeline says and writes. */
export function recording(
  cacheFolder: string,
  options: {
    continueFrom?: Uint8Array;
    signal?: AbortSignal;
    onMetrics?(step: number): void;
    onCheckpoint?(checkpoint: Checkpoint): void;
  } = {},
): Recording {
  const kept = {
    points: [] as Recording['points'],
    lines: [] as string[],
    artifacts: new Map<string, Uint8Array>(),
    phases: [] as string[],
    checkpoints: [] as Uint8Array[],
  };
  const context = nullRunContext({
    cacheFolder,
    signal: options.signal ?? new AbortController().signal,
    log: (level, message) => kept.lines.push(`${level}: ${message}`),
    metrics: (step, values) => {
      kept.points.push({ step, values });
      options.onMetrics?.(step);
    },
    progress: ({ phase }) => {
      if (kept.phases.at(-1) !== phase) kept.phases.push(phase);
    },
    saveCheckpoint: async (checkpoint) => {
      kept.checkpoints.push(writeCheckpoint(checkpoint));
      options.onCheckpoint?.(checkpoint);
    },
    loadCheckpoint: async () => (options.continueFrom === undefined ? undefined : readCheckpoint(options.continueFrom)),
    writeArtifact: async (_kind, name, bytes) => void kept.artifacts.set(name, bytes),
  });
  return { ...context, ...kept };
}

/** SHA-256 of the weights that a run has written. */
export function weightsHash({ artifacts }: Recording): string {
  const weights = artifacts.get('model/weights.safetensors');
  if (weights === undefined) throw new Error('the run has written no weights');
  return createHash('sha256').update(weights).digest('hex');
}

/** Writes a run's artifacts to disk, as a trainer does. */
export async function saveArtifacts({ artifacts }: Recording, folder: string): Promise<string> {
  for (const [name, bytes] of artifacts) {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, bytes);
  }
  return path.join(folder, 'model');
}
