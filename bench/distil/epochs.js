// Epochs of one distillation of ours, the cache of the teacher's outputs empty at the beginning. Writes a line of JSON:
// seconds of each epoch, the first with all that the teacher was asked for, validation and checkpoints included.
// Task: { spec, threads, teacherFolder, outputs }.
import { parseSpec } from '#contracts';
import { loadEngine } from '#engine';
import { localOutputs, nullRunContext, runPipeline } from '#pipelines';

const { spec, threads, teacherFolder, outputs } = JSON.parse(process.argv[2]);
const parsed = parseSpec(spec);
if (!parsed.ok) throw new Error(parsed.issues.map(({ path, message }) => `${path}: ${message}`).join('\n'));
const engine = await loadEngine({ backend: 'tensorflow', threads });

/** When the epochs began, the last one's end behind them. Images are open and the teacher is loaded at the first. */
const marks = [];
/** Of the parts of an epoch; their mean is comparable with PyTorch's mean over the last epoch. */
let losses = [];
let trainLoss;
const report = await runPipeline({
  engine,
  spec: parsed.spec,
  seed: 0,
  teacherFolder,
  context: nullRunContext({
    teacherOutputs: localOutputs(outputs),
    progress: ({ phase }) => {
      if (phase === 'teacher' && marks.length === 0) marks.push(performance.now());
    },
    metrics: (_step, values) => {
      if (values['train.loss'] !== undefined) losses.push(values['train.loss']);
      if (values['validation.top1'] === undefined) return;
      marks.push(performance.now());
      trainLoss = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
      losses = [];
    },
  }),
});
const epochSeconds = marks.slice(1).map((mark, index) => (mark - marks[index]) / 1000);
const { rows, hits } = report.teacherCache;
process.stdout.write(
  `${JSON.stringify({ epochSeconds, trainLoss, testTop1: report.test.top1, teacherImages: rows - hits })}\n`,
);
