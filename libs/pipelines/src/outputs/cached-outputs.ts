import { createHash } from 'node:crypto';
import type { Split } from '#datasets';
import type { Engine } from '#engine';
import { asStored, type OutputEntry, type StoredChunk } from '#teacher-outputs';
import type { Classifier } from '../classifier/classifier.js';
import type { RunContext } from '../run-context.js';
import { nameOf, storedTypeOf, widthOf, type AskedOutput } from './asked-output.js';
import { computeOutputs, type ComputedChunk } from './compute-outputs.js';
import { OutputRows } from './output-rows.js';
import type { OutputView } from './output-view.js';

/** Raised whenever the same address could mean other numbers. */
const FORMAT = 3;

/**
 * What a classifier says of every image of a split, row i for image i; computed once, whatever run asks for it. Where
 * several ask at once, one computes and the others wait for it. A row is found by all that its numbers depend on: the
 * classifier's fingerprint, the view, the size at which images are stored, the engine down to its threads, which change
 * the last bits, and the content of its own image. So a grown or shuffled split finds the rows of the images that it had
 * before, and no row can be taken for another image's.
 *
 * Logits are kept as float16, and rounded so for whoever computes them: all runs get the same numbers.
 * @param view default: images as they are
 * @param split opened with the classifier's own image size and resizing
 */
export async function cachedOutputs(
  engine: Engine,
  classifier: Classifier,
  output: AskedOutput,
  split: Split,
  context: Pick<RunContext, 'teacherOutputs' | 'cacheUse' | 'signal' | 'log'>,
  onProgress?: (done: number) => void,
  view?: OutputView,
): Promise<Float32Array> {
  const { teacherOutputs: store, signal, log } = context;
  const rows = new OutputRows(split.hashes, widthOf(classifier, output));
  if (split.length === 0) return rows.values;
  const entry = entryOf(engine, classifier, output, split, view);
  const known = new Set<string>();
  const take = ({ name, chunk }: StoredChunk, computed: boolean): void => {
    known.add(name);
    const taken = rows.take(chunk);
    context.cacheUse?.count(taken, chunk, computed);
  };
  const find = async (): Promise<void> => {
    const onDamage = (file: string, why: string) => log('warn', `${file} is computed anew: ${why}`);
    for (const stored of await store.read(entry.address, { known, onDamage })) take(stored, false);
    onProgress?.(rows.done);
  };
  let told = false;
  const uncached = (error: unknown): void => {
    if (told) return;
    told = true;
    const why = (error as Error).message;
    log('warn', `The outputs could not be cached, and are computed again next time: ${why}`);
  };
  const keep = async (chunk: ComputedChunk): Promise<void> => {
    const stored = await store.add(entry, chunk).catch((error: unknown) => {
      uncached(error);
      return { name: '', chunk: asStored(chunk, entry.type) };
    });
    take(stored, true);
  };
  const fill = async (): Promise<void> => {
    // Whoever had the lease before may have computed what is wanted here.
    await find();
    const before = rows.done;
    const progress = (done: number) => onProgress?.(Math.min(split.length, before + done));
    const places = rows.missing();
    if (places.length > 0) {
      await computeOutputs(engine, classifier, output, split, places, { signal, view, keep, onProgress: progress });
    }
    onProgress?.(split.length);
  };

  await find();
  if (rows.done === split.length) return rows.values;
  let leased = false;
  const onWait = (holder = 'another run of this machine') =>
    log('info', `Waiting for ${holder}, which asks ${classifier.name} about images`);
  const satisfied = async (): Promise<boolean> => {
    await find();
    return rows.done === split.length;
  };
  try {
    await store.exclusively(
      entry,
      async () => {
        leased = true;
        await fill();
      },
      { signal, onWait, satisfied },
    );
  } catch (error) {
    signal.throwIfAborted();
    if (leased) throw error;
    uncached(error);
    await fill();
  }
  return rows.values;
}

function entryOf(
  engine: Engine,
  classifier: Classifier,
  output: AskedOutput,
  split: Split,
  view?: OutputView,
): OutputEntry {
  const { backend, version, threads } = engine;
  const { fingerprint, image } = classifier;
  const type = storedTypeOf(output);
  const name = nameOf(output);
  const identity = [FORMAT, name, type, fingerprint, split.imageSize, view?.key ?? null, backend, version, threads];
  return {
    address: createHash('sha256').update(JSON.stringify(identity)).digest('hex'),
    type,
    about: {
      network: classifier.name,
      output: name,
      width: widthOf(classifier, output),
      images: `${image.size} px, ${image.resize}`,
      ...(view === undefined ? {} : { view: view.description }),
      engine: `${backend} ${version}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`,
    },
  };
}
