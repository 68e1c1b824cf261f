// A trainer without TensorFlow that does what the spec's name says: for faults that a real trainer cannot be asked for.
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';

const STEP_MS = 10;
const CHECKPOINT_EVERY = 10;

let start;
let cancelled;
process.on('disconnect', () => process.exit(1));
process.on('message', (message) => {
  if (message.type === 'cancel') return void cancelled?.(message.reason);
  start = message;
  say('info', `pid ${process.pid}`);
  SCRIPTS[message.spec.name]();
});

const send = (event) => process.send(event);
const say = (level, message) => send({ type: 'log', level, message, at: Date.now() });
const end = (event) => process.send(event, () => process.disconnect());
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function started(threads = start.threads) {
  send({ type: 'started', engine: { backend: 'scripted', version: '1', reason: 'a script', threads } });
}

function write(kind, name, text) {
  const file = path.join(start.folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
  send({ type: 'artifact', kind, name, path: name, modifiedAt: statSync(file).mtimeMs });
}

function step(at, steps) {
  send({ type: 'metrics', step: at, values: { 'train.loss': at / 2, learningRate: 0.1 }, at: Date.now() });
  const progress = { phase: 'train', done: at + 1, total: steps, fraction: (at + 1) / steps };
  send({ type: 'progress', progress });
}

/** Steps from the checkpoint on, a checkpoint every few, one more when it is asked to stop. */
async function trainOn() {
  const steps = start.spec.training.epochs;
  let next = start.checkpoint === undefined ? 0 : JSON.parse(readFileSync(start.checkpoint, 'utf8')).next;
  let stop = false;
  cancelled = () => (stop = true);
  started();
  say('info', `begins at step ${next}`);
  const save = () => write('checkpoint', 'checkpoint.safetensors', JSON.stringify({ next }));
  while (next < steps && !stop) {
    step(next++, steps);
    say('info', `step ${next}`);
    if (next % CHECKPOINT_EVERY === 0) save();
    await pause(STEP_MS);
  }
  save();
  if (stop) return end({ type: 'cancelled' });
  write('model', 'model/model.json', JSON.stringify({ name: start.spec.name, seed: start.seed }));
  write('model', 'model/weights.safetensors', 'w'.repeat(100_000));
  end({ type: 'completed', report: report() });
}

function report() {
  const { spec, seed } = start;
  return {
    pipeline: spec.pipeline,
    name: spec.name,
    seed,
    classes: ['a', 'b'],
    dataset: { contentHash: 'x', train: 1, validation: 1, test: 1, unlabelled: 0, unreadable: [] },
    model: { name: 'small_cnn', parameters: 1, bytes: 1 },
    engine: { backend: 'scripted', version: '1', threads: start.threads },
    test: { images: 2, top1: 0.5, loss: 1, perClass: [], confusionMatrix: [] },
    durationMs: 1,
  };
}

const stay = () => void setInterval(() => undefined, 1000);

const SCRIPTS = {
  trains: trainOn,
  /** Gets on, hears nothing, never ends. */
  deaf() {
    for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => undefined);
    for (let at = 0; at < 20; at++) step(at, 1000);
    write('checkpoint', 'checkpoint.safetensors', '{"next":20}');
    stay();
  },
  crashes() {
    process.send({ type: 'log', level: 'info', message: 'going down', at: Date.now() }, () =>
      process.kill(process.pid, 'SIGSEGV'),
    );
    stay();
  },
  'crashes once'() {
    const marker = path.join(start.cacheFolder, 'crashed');
    if (existsSync(marker)) return void trainOn();
    writeFileSync(marker, '');
    SCRIPTS.crashes();
  },
  'fails by the user'() {
    const message = 'dataset.path: there is no folder here';
    end({ type: 'failed', failure: { class: 'user', message, field: 'dataset.path' } });
  },
  'fails by the machine'() {
    end({ type: 'failed', failure: { class: 'operational', message: 'the disk is full' } });
  },
  floods() {
    for (let line = 0; line < 50_000; line++) say('info', `line ${line}`);
    say('info', 'the last line');
    end({ type: 'completed' });
  },
  'speaks nonsense'() {
    send({ type: 'nonsense' });
    stay();
  },
  'names a poisoned artifact'() {
    send({ type: 'artifact', kind: 'other', name: '../../evil', path: '../../evil' });
    stay();
  },
  'shows its environment'() {
    say('info', JSON.stringify(process.env));
    end({ type: 'completed' });
  },
  /** Fails where the same run is being run somewhere else at the same time. */
  async 'must be alone'() {
    const mark = path.join(start.cacheFolder, `alone-${start.seed}`);
    try {
      closeSync(openSync(mark, 'wx'));
    } catch {
      return end({ type: 'failed', failure: { class: 'user', message: 'not alone' } });
    }
    await pause(200);
    rmSync(mark);
    end({ type: 'completed' });
  },
  'looks at its teacher'() {
    say('info', readFileSync(path.join(start.teacher.folder, 'model.json'), 'utf8'));
    end({ type: 'completed' });
  },
  'says its threads'() {
    started();
    if (start.checkpoint === undefined) write('checkpoint', 'checkpoint.safetensors', '{}');
    cancelled = () => end({ type: 'cancelled' });
    if (start.checkpoint === undefined) return stay();
    end({ type: 'completed' });
  },
};
