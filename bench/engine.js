// Our engine beside stock TensorFlow.js, PyTorch (eager and compiled, at its best setting) and onnxruntime: images per
// second, time to the first step, peak memory, in one table and one JSON.
//   npm run bench:engine -- --help
import { rmSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import os from 'node:os';
import { join } from 'node:path';
import { bfloat16Pays, installEngine } from '#engine';
import { benchCommand, count, listOf, oneOf, pattern, positive, PROCESSORS } from './command-line.js';
import { contendersOf, matmulContenders } from './engine/contenders.js';
import { machineFacts } from './engine/machine.js';
import { ENGINES, markdown } from './engine/report.js';
import { gatherRivals } from './engine/rivals/gather-rivals.js';
import { playRounds } from './engine/rounds.js';
import { benchRows } from './engine/rows.js';
import { median, summariseRow, verdicts } from './engine/summary.js';

const command = benchCommand(
  'npm run bench:engine --',
  'Our engine beside stock TensorFlow.js, PyTorch and onnxruntime.',
)
  .option('--quick', 'one round of one second each, PyTorch uncompiled', false)
  .option('--rows <regex>', 'the rows whose names match, such as resnet20', pattern)
  .option('--engines <list>', `these alone, of ${ENGINES.join(',')}`, listOf(oneOf(ENGINES)))
  .option('--bf16', 'bfloat16 rows even where they do not pay', false)
  .option('--threads <number>', 'of each engine', count, PROCESSORS)
  .option('--rounds <number>', 'how often each takes its turn (default: 3)', count)
  .option('--seconds <number>', 'of each turn (default: 5)', positive)
  .option('--python <path>', 'one that has torch, torchvision and onnx (default: they are installed into the cache)')
  .option('--json <file>', 'keep all figures')
  .parse();
const asked = command.opts();
const { quick, threads, rounds = quick ? 1 : 3, seconds = quick ? 1 : 5, engines } = asked;
const options = { threads, rounds, seconds, quick, engines };
/** Load average above which others were at work. */
const BUSY = 0.5;
const say = (line) => process.stderr.write(`${line}\n`);

const machine = machineFacts();
const installed = await installEngine();
const bfloat16 = asked.bf16 || (await bfloat16Pays());
const allRows = benchRows({ precisions: bfloat16 ? ['float32', 'bfloat16'] : ['float32'], trainers: threads });
const rows = allRows.filter(({ name }) => asked.rows?.test(name) ?? true);
if (rows.length === 0) command.error(`--rows matches none of ${allRows.map(({ name }) => name).join(', ')}`);

const workFolder = await mkdtemp(join(os.tmpdir(), 'distillery-bench-'));
const removeWorkFolder = () => rmSync(workFolder, { recursive: true, force: true });
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    removeWorkFolder();
    // The measuring processes see the end of their input, or were in the same terminal.
    process.exit(1);
  });
}
try {
  const result = await compare();
  if (asked.json) await writeFile(asked.json, `${JSON.stringify(result, undefined, 2)}\n`);
  process.stdout.write(`${markdown(result)}\n`);
} finally {
  removeWorkFolder();
}

async function compare() {
  const { rivals, absences } = await gatherRivals({ ...options, rows, workFolder, python: asked.python, say });
  if (!bfloat16)
    absences.push('bfloat16 rows are left out: this processor gains nothing from them (--bf16 asks for them).');
  if (quick) absences.push('torch.compile and the foreach optimizer are left out by --quick.');
  if (machine.loadBefore > BUSY) {
    absences.push(
      `The machine was busy (load ${machine.loadBefore}): PyTorch's threads wait for one another actively and suffer ` +
        'most from that. Measure again when nothing else runs.',
    );
  }

  const surroundings = { ...options, rivals, workFolder };
  const contests = rows.map((row) => ({ row, contenders: contendersOf(row, surroundings) }));
  const matmul = { row: { name: 'matmul' }, contenders: matmulContenders(surroundings) };
  await playRounds([matmul, ...contests], { rounds, say });

  const lines = contests.flatMap(({ row, contenders }) => summariseRow(row, contenders));
  const rates = Object.fromEntries(
    matmul.contenders
      .filter(({ turns }) => turns.length > 0)
      .map(({ engine, turns }) => [engine, median(turns.map(({ rate }) => rate))]),
  );
  const goals = verdicts(lines, {
    matmulGigaflops: Object.keys(rates).length > 0 ? Math.max(...Object.values(rates)) : undefined,
    convolutionBound: rows.filter(({ convolutionBound }) => convolutionBound).map(({ name }) => name),
  });
  const versions = {
    distillery: `distillery on TensorFlow ${installed.tensorflow}`,
    ...(rivals.stock && { 'tfjs-node': rivals.stock.version }),
    ...(rivals.python && { pytorch: `PyTorch ${rivals.python.torch}` }),
    ...(rivals.onnxruntime && { onnxruntime: `onnxruntime-node ${rivals.onnxruntime.version}` }),
  };
  return { machine, versions, options, matmulGigaflops: rates, rows: lines, goals, absences };
}
