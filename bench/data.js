// The way of the images on this machine: how fast a folder of JPEG photos is decoded, and what a training step loses
// when its batches come from a shard rather than from a buffer that is already there.
//   npm run bench:data -- --help
// The sources of a step take turns, a block of steps each. `waitMs`: how long a step waits for its batch; `lossPercent`:
// the median, over the rounds, of a block's time against that of the block from memory beside it, which says more than
// the waiting on an idle machine alone.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import sharp from 'sharp';
import { batches, normalise, openDataset, readImage } from '#datasets';
import { cacheFolder, createOptimizer, createProgram, loadEngine } from '#engine';
import { createModel } from '#models';
import { benchCommand, count, oneOf, PROCESSORS } from './command-line.js';

const options = benchCommand('npm run bench:data --', 'How fast photos are decoded, and what a step loses to reading.')
  .option('--images <number>', 'photos to decode', count, 2000)
  .option('--rounds <number>', 'how often each source takes its turn', count, 6)
  .option('--threads <number>', 'of the engine', count, PROCESSORS)
  .option('--only <part>', 'decode, cifar10 or photos', oneOf(['decode', 'cifar10', 'photos']))
  .option('--json <file>', 'keep all figures')
  .parse()
  .opts();
const NORMALISATION = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
const CLASSES = 10;
const IN_ONE_THREAD = 200;
/** A step may lose this much to reading. */
const MOST_LOST_PERCENT = 5;

const scratch = mkdtempSync(path.join(os.tmpdir(), 'distillery-bench-data-'));
const rows = [];
try {
  const wanted = (part) => options.only === undefined || options.only === part;
  console.log(`${os.cpus()[0].model.trim()}, ${os.availableParallelism()} processors, Node ${process.version}`);
  if (wanted('decode') || wanted('photos')) await photos();
  if (wanted('decode')) rows.push(await measureDecoding());
  if (wanted('cifar10')) {
    await measureTraining({
      model: 'resnet20',
      size: 32,
      batch: 64,
      dataset: { name: 'cifar10', unlabelled: 0, validation: 0 },
      cache: cacheFolder(),
      steps: 8,
    });
  }
  if (wanted('photos')) {
    const dataset = { path: path.join(scratch, 'photos'), format: 'folder', unlabelled: 0, validation: 0, test: 0.05 };
    await measureTraining({ model: 'resnet18', size: 224, batch: 16, dataset, cache: scratch, steps: 2 });
  }
  for (const what of new Set(rows.map((row) => row.what))) console.table(rows.filter((row) => row.what === what));
  sayWhatIsLost(rows.filter((row) => row.what === 'train' && row.source !== 'memory'));
  if (options.json) writeFileSync(options.json, `${JSON.stringify(rows, undefined, 2)}\n`);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

/** JPEG files of the size of small photos, from CIFAR-10's images: as many details as an enlarged picture has. */
async function photos() {
  const source = await openDataset(
    { name: 'cifar10', train: 5000, unlabelled: 0, validation: 0 },
    { size: 32, resize: 'squash', ...NORMALISATION },
    { cacheFolder: cacheFolder(), seed: 0, signal: new AbortController().signal, log: () => {} },
  );
  const folder = path.join(scratch, 'photos');
  source.classes.forEach((name) => mkdirSync(path.join(folder, name), { recursive: true }));
  const length = Math.min(options.images, source.train.length);
  const one = new Uint8Array(32 * 32 * 3);
  for (let i = 0; i < length; i++) {
    await source.train.read([i], one);
    await sharp(one, { raw: { width: 32, height: 32, channels: 3 } })
      .resize(320, 256, { fit: 'fill', kernel: 'lanczos3' })
      .jpeg({ quality: 90 })
      .toFile(path.join(folder, source.classes[source.train.labels[i]], `${i}.jpg`));
  }
  await source.close();
}

async function measureDecoding() {
  const folder = path.join(scratch, 'photos');
  const files = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.jpg'));
  const target = { size: 224, resize: 'squash' };
  const before = process.cpuUsage();
  for (const name of files.slice(0, IN_ONE_THREAD)) await readImage(path.join(folder, name), target);
  const { user, system } = process.cpuUsage(before);
  const perCoreSecond = (1e6 * Math.min(IN_ONE_THREAD, files.length)) / (user + system);
  const startedAt = performance.now();
  const opened = process.cpuUsage();
  const dataset = await open(
    { path: folder, format: 'folder', unlabelled: 0, validation: 0, test: 0.05 },
    224,
    scratch,
  );
  const seconds = (performance.now() - startedAt) / 1000;
  const used = process.cpuUsage(opened);
  await dataset.close();
  return {
    what: 'decode',
    images: files.length,
    size: 224,
    processors: os.availableParallelism(),
    imagesPerSecond: round(files.length / seconds),
    // What one processor does when it does nothing else.
    imagesPerCoreSecond: round(perCoreSecond),
    coresBusy: round((used.user + used.system) / 1e6 / seconds),
  };
}

function open(dataset, size, cache, more = {}) {
  return openDataset(
    dataset,
    { size, resize: 'squash', ...NORMALISATION },
    { cacheFolder: cache, seed: 0, signal: new AbortController().signal, log: () => {}, ...more },
  );
}

async function measureTraining({ model: name, size, batch, dataset: spec, cache, steps }) {
  const engine = await loadEngine({ threads: options.threads });
  const { tf } = engine;
  const held = await open(spec, size, cache, { maxBytesInMemory: Infinity });
  const streamed = await open(spec, size, cache, { maxBytesInMemory: 0 });
  const program = createStep(engine, { name, size, batch });
  const fixed = { images: new Uint8Array(batch * size * size * 3), labels: new Int32Array(batch) };
  await held.train.read(
    Array.from({ length: batch }, (_, i) => i),
    fixed.images,
  );
  fixed.labels.set(held.train.labels.subarray(0, batch));
  const sources = {
    memory: { next: async () => ({ value: fixed }) },
    'shard, held in memory': endless(held.train, batch),
    'shard, on disk': endless(streamed.train, batch),
    'shard, on disk, cold': endless(streamed.train, batch),
  };
  const block = async (source) => {
    let waitMs = 0;
    const cpu = process.cpuUsage();
    const startedAt = performance.now();
    for (let i = 0; i < steps; i++) {
      const asked = performance.now();
      const { images, labels } = (await source.next()).value;
      waitMs += performance.now() - asked;
      const inputs = { images, labels: tf.tensor1d(labels, 'int32'), learningRate: tf.scalar(0.01) };
      program.call('step', inputs);
      tf.dispose([inputs.labels, inputs.learningRate]);
      // As the pipelines do between steps.
      await nextTurn();
    }
    const stepMs = (performance.now() - startedAt) / steps;
    const { user, system } = process.cpuUsage(cpu);
    return { stepMs, waitMs: waitMs / steps, cpuMs: (user + system) / 1000 / steps };
  };
  const names = Object.keys(sources);
  const blocks = Object.fromEntries(names.map((source) => [source, []]));
  for (const source of names) await block(sources[source]);
  for (let r = 0; r < options.rounds; r++) {
    // Each is the first as often as the others.
    for (const source of [...names.slice(r % names.length), ...names.slice(0, r % names.length)]) {
      if (source.endsWith('cold')) forget(cache);
      blocks[source].push(await block(sources[source]));
    }
  }
  for (const source of names) {
    const of = (value) => round(median(blocks[source].map(value)));
    rows.push({
      what: 'train',
      model: name,
      size,
      batch,
      backend: engine.backend,
      source,
      stepMs: of(({ stepMs }) => stepMs),
      waitMs: of(({ waitMs }) => waitMs),
      cpuMs: of(({ cpuMs }) => cpuMs),
      waitPercent: of(({ waitMs, stepMs }) => (100 * waitMs) / stepMs),
      ...lostIn(blocks[source].map(({ stepMs }, r) => 100 * (stepMs / blocks.memory[r].stepMs - 1))),
    });
  }
  for (const reader of Object.values(sources)) await reader.return?.();
  program.dispose();
  await held.close();
  await streamed.close();
}

/** The median of the rounds, and between what the middle half of them lies: other programs disturb single ones. */
function lostIn(percents) {
  const sorted = [...percents].sort((a, b) => a - b);
  const at = (share) => round(sorted[Math.floor(share * (sorted.length - 1))]);
  return { lossPercent: round(median(sorted)), from: at(0.25), to: at(0.75) };
}

function sayWhatIsLost(fromShards) {
  for (const { model, source, lossPercent, from, to, waitPercent } of fromShards) {
    const verdict = lossPercent < MOST_LOST_PERCENT ? 'met' : 'not met';
    console.log(
      `${model}, ${source}: ${lossPercent} % lost (the middle half of the rounds: ${from} to ${to}), ${waitPercent} % of a ` +
        `step is waiting for images; goal below ${MOST_LOST_PERCENT} %: ${verdict}`,
    );
  }
}

/** Epoch after epoch of a split. */
async function* endless(split, batchSize) {
  for (let epoch = 0; ; epoch++) yield* batches(split, { batchSize, shuffle: { seed: 0, epoch }, dropRemainder: true });
}

function createStep(engine, { name, size, batch }) {
  const { tf, kernels } = engine;
  const model = createModel(engine, name, { classes: CLASSES, seed: 1 });
  const optimizer = createOptimizer(engine, model.parameters, { kind: 'sgd', momentum: 0.9, nesterov: true });
  return createProgram(engine, {
    state: { ...model.parameters, ...model.statistics, ...optimizer.slots },
    functions: {
      step: {
        inputs: {
          images: { shape: [batch, size, size, 3], dtype: 'uint8' },
          labels: { shape: [batch], dtype: 'int32' },
          learningRate: { shape: [] },
        },
        run: ({ images, labels, learningRate }) => {
          const targets = tf.oneHot(labels, CLASSES).toFloat();
          const { grads } = tf.variableGrads(() => {
            const { logits } = model.forward(normalise(engine, images, { size, ...NORMALISATION }), 'train');
            return kernels.softmaxCrossEntropy(logits, targets).mean();
          }, Object.values(model.parameters));
          const named = Object.entries(model.parameters).map(([key, variable]) => [key, grads[variable.name]]);
          optimizer.apply(Object.fromEntries(named), learningRate);
          return {};
        },
      },
    },
  });
}

/** Takes the shards out of the system's cache, where it allows that: GNU dd asks for it with POSIX_FADV_DONTNEED. */
function forget(cache) {
  const shards = path.join(cache, 'datasets', 'shards');
  for (const name of readdirSync(shards)) {
    const file = path.join(shards, name, 'pixels.bin');
    execFileSync('dd', [`if=${file}`, 'iflag=nocache', 'count=0'], { stdio: 'ignore' });
  }
}

function median(values) {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}

function round(value) {
  return Math.round(value * 100) / 100;
}
