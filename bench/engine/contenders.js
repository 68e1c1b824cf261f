import { join } from 'node:path';

const FOLDER = import.meta.dirname;
/** The same optimizer on all sides, in PyTorch's words; every parameter is decayed, as PyTorch does by default. */
const OPTIMIZER = { lr: 0.01, momentum: 0.9, nesterov: true, weight_decay: 5e-4 };

const TRAIN_SETTINGS = [
  ['pytorch', { optimizer: 'fused' }],
  ['pytorch', { channelsLast: true, optimizer: 'fused' }],
  ['pytorch', { optimizer: 'foreach' }],
  ['pytorch', { channelsLast: true, optimizer: 'foreach' }],
  ['torch-compile', { compile: true, optimizer: 'fused' }],
  ['torch-compile', { compile: true, channelsLast: true, optimizer: 'fused' }],
];
const FORWARD_SETTINGS = [
  ['pytorch', {}],
  ['pytorch', { channelsLast: true }],
  ['pytorch', { fuse: true }],
  ['pytorch', { channelsLast: true, fuse: true }],
  ['torch-compile', { compile: true, freeze: true }],
  ['torch-compile', { compile: true, channelsLast: true }],
];
const WORDS = {
  channelsLast: 'channels-last',
  fuse: 'batch norm folded',
  freeze: 'frozen weights',
};

/**
 * Who is measured on a row, in which settings. One contender: the engine and its setting, the program that measures it,
 * and the cells for its processes.
 * @param quick without compiling and without the other implementation of the optimizer
 * @param rivals what could be had: `{ python, stock, onnxruntime, onnxFiles }`, each absent where it could not
 */
export function contendersOf(row, { threads, seconds, rivals, engines, quick, workFolder }) {
  const cell = { ...row, seconds, perStep: row.batch, optimizer: OPTIMIZER };
  const one = [{ ...cell, threads }];
  const many = Array.from({ length: row.trainers }, () => ({ ...cell, threads: 1 }));
  const node = (script) => ({ command: process.execPath, args: [join(FOLDER, script)], env: {} });
  const contenders = [];
  const add = (engine, setting, program, cells) => {
    if (engines && !engines.includes(engine)) return;
    contenders.push({ engine, setting, program, cells, processes: cells.length, threads: cells[0].threads });
  };

  const precision = row.precision === 'bfloat16' ? ', bf16 pass' : '';
  const shared = row.trainers > 1 ? `, ${row.trainers} processes of one thread` : '';
  add('distillery', `captured${precision}${shared}`, node('distillery.js'), row.trainers > 1 ? many : one);
  if (rivals.stock && row.precision === 'float32' && row.trainers === 1) {
    const cells = one.map((each) => ({ ...each, stock: rivals.stock.load }));
    add('tfjs-node', rivals.stock.setting, node('rivals/stock-tfjs.js'), cells);
  }
  if (rivals.python) {
    const settings = row.mode === 'train' ? TRAIN_SETTINGS : FORWARD_SETTINGS;
    for (const [engine, setting] of settings) {
      if (quick && (setting.compile || setting.optimizer === 'foreach')) continue;
      const program = pythonProgram(rivals.python, workFolder);
      const withSetting = (cells) => cells.map((each) => ({ ...each, setting }));
      add(engine, words(row, setting), program, withSetting(one));
      if (row.trainers > 1 && engine === 'pytorch') {
        add(engine, `${words(row, setting)}${shared}`, program, withSetting(many));
      }
    }
  }
  const onnxFile = rivals.onnxFiles?.get(row.name);
  if (rivals.onnxruntime && onnxFile) {
    const cells = one.map((each) => ({ ...each, onnxruntime: rivals.onnxruntime.folder, onnxFile }));
    add('onnxruntime', 'all graph optimisations', node('rivals/onnxruntime.js'), cells);
  }
  return contenders;
}

/** What the machine multiplies per second, in float32 matrices: the limit of a network of convolutions. */
export function matmulContenders({ threads, seconds, rivals, engines, workFolder }) {
  const size = 1536;
  // Billions of floating-point operations.
  const cells = [{ mode: 'matmul', size, precision: 'float32', threads, seconds, perStep: (2 * size ** 3) / 1e9 }];
  const program = { command: process.execPath, args: [join(FOLDER, 'distillery.js')], env: {} };
  const contenders = [{ engine: 'distillery', setting: 'matmul', program, cells, processes: 1, threads }];
  if (rivals.python && (!engines || engines.includes('pytorch'))) {
    contenders.push({
      engine: 'pytorch',
      setting: 'matmul',
      program: pythonProgram(rivals.python, workFolder),
      cells: cells.map((cell) => ({ ...cell, setting: {} })),
      processes: 1,
      threads,
    });
  }
  return contenders;
}

function pythonProgram({ command }, workFolder) {
  return {
    command,
    // No bytecode beside the sources.
    args: ['-B', join(FOLDER, 'rivals', 'measure_pytorch.py')],
    // Of this run alone, so that the first compilation is one.
    env: { TORCHINDUCTOR_CACHE_DIR: join(workFolder, 'inductor') },
  };
}

function words(row, setting) {
  const said = Object.keys(WORDS)
    .filter((name) => setting[name])
    .map((name) => WORDS[name]);
  if (setting.optimizer) said.push(`${setting.optimizer} SGD`);
  if (row.precision === 'bfloat16') said.push('bf16 autocast');
  return said.length === 0 ? 'inference_mode' : said.join(', ');
}
