// Our engine beside stock TensorFlow.js, PyTorch (eager and compiled, at its best setting) and onnxruntime: images per
// second, time to the first step, peak memory, in one table and one JSON.
//   npm run bench:engine -- [--quick] [--json FILE] [--rows REGEX] [--engines NAME,…] [--bf16]
//                           [--threads N] [--rounds N] [--seconds N] [--python PATH]
// --quick: one round of one second each, PyTorch uncompiled. --bf16: bfloat16 rows even where they don't pay.
// --python: a Python that has torch, torchvision and onnx. Without it, the rivals are installed into the user's cache at
// the first run; where one can't be, the others go on without it.
import { rmSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import os from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bfloat16Pays, installEngine } from '#engine';
import { contendersOf, matmulContenders } from './engine/contenders.js';
import { machineFacts } from './engine/machine.js';
import { markdown } from './engine/report.js';
import { gatherRivals } from './engine/rivals/gather-rivals.js';
import { playRounds } from './engine/rounds.js';
import { benchRows } from './engine/rows.js';
import { median, summariseRow, verdicts } from './engine/summary.js';

const { values: asked } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
    rows: { type: 'string', default: '' },
    engines: { type: 'string' },
    bf16: { type: 'boolean', default: false },
    threads: { type: 'string', default: String(os.availableParallelism()) },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    python: { type: 'string' },
  },
});
const options = {
  threads: Number(asked.threads),
  rounds: Number(asked.rounds ?? (asked.quick ? 1 : 3)),
  seconds: Number(asked.seconds ?? (asked.quick ? 1 : 5)),
  quick: asked.quick,
  engines: asked.engines?.split(','),
};
/** Load average above which others were at work. */
const BUSY = 0.5;
const say = (line) => process.stderr.write(`${line}\n`);

const machine = machineFacts();
const installed = await installEngine();
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
  const bfloat16 = asked.bf16 || (await bfloat16Pays());
  const precisions = bfloat16 ? ['float32', 'bfloat16'] : ['float32'];
  const rows = benchRows({ precisions, trainers: options.threads }).filter(({ name }) =>
    new RegExp(asked.rows).test(name),
  );
  if (rows.length === 0) throw new RangeError(`--rows ${asked.rows} matches no row`);
  const { rivals, absences } = await gatherRivals({ ...options, rows, workFolder, python: asked.python, say });
  if (!bfloat16)
    absences.push('bfloat16 rows are left out: this processor gains nothing from them (--bf16 asks for them).');
  if (options.quick) absences.push('torch.compile and the foreach optimizer are left out by --quick.');
  if (machine.loadBefore > BUSY) {
    absences.push(
      `The machine was busy (load ${machine.loadBefore}): PyTorch's threads wait for one another actively and suffer ` +
        'most from that. Measure again when nothing else runs.',
    );
  }

  const surroundings = { ...options, rivals, workFolder };
  const contests = rows.map((row) => ({ row, contenders: contendersOf(row, surroundings) }));
  const matmul = { row: { name: 'matmul' }, contenders: matmulContenders(surroundings) };
  await playRounds([matmul, ...contests], { rounds: options.rounds, say });

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
