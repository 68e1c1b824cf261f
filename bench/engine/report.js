import { duels, parameterCounts } from './summary.js';

export const ENGINES = ['distillery', 'tfjs-node', 'pytorch', 'torch-compile', 'onnxruntime'];
const TITLES = {
  distillery: 'distillery',
  'tfjs-node': 'tfjs-node',
  pytorch: 'PyTorch',
  'torch-compile': 'torch.compile',
  onnxruntime: 'onnxruntime',
};
const NOTHING = '–';

/** The whole result as Markdown: the machine, the table, the goals. */
export function markdown({ machine, versions, options, matmulGigaflops, rows: lines, goals, absences }) {
  return [
    machineText(machine, versions, options),
    table(lines),
    settingsText(lines),
    parametersText(lines),
    matmulText(matmulGigaflops),
    ...(absences.length > 0 ? [absences.join('\n\n')] : []),
    goals.map(goalText).join('\n'),
  ]
    .filter((section) => section !== '')
    .join('\n\n');
}

function machineText({ cpu, cores, features, memoryBytes, system, node, loadBefore }, versions, options) {
  const gibibytes = Math.round(memoryBytes / 2 ** 30);
  const programs = Object.values(versions).join(', ');
  return (
    `${cpu} (${features.join(', ')}), ${cores} cores, ${gibibytes} GiB, ${system}, Node ${node}; ${programs}. ` +
    `${options.threads} threads, ${options.rounds} rounds of ${options.seconds} s, load before ${loadBefore}. ` +
    'Images per second: the median of the rounds, in brackets the lowest and the highest.'
  );
}

function table(lines) {
  const engines = ENGINES.filter((engine) => lines.some((line) => line.engine === engine));
  const header = ['images/s', ...engines.map((engine) => TITLES[engine])];
  const head = [...header, "÷ PyTorch's best", 'first step, s', 'peak memory, MB', 'over libraries, MB'];
  const body = [...new Set(lines.map(({ name }) => name))].map((name) => {
    const row = lines.filter((line) => line.name === name);
    const line = (engine) => row.find((each) => each.engine === engine);
    const [duel] = duels(row);
    const both = (field, scale, digits) =>
      ['distillery', duel?.torch.engine ?? 'pytorch']
        .map((engine) => line(engine)?.[field])
        .map((value) => (value === undefined ? NOTHING : (value / scale).toFixed(digits)))
        .join(' / ');
    return [
      name,
      ...engines.map((engine) => speedText(line(engine))),
      duel ? duel.ratio.toFixed(2) : NOTHING,
      both('firstStepMs', 1000, 1),
      both('peakBytes', 1e6, 0),
      both('peakBytesOverLibraries', 1e6, 0),
    ];
  });
  const alignment = head.map((_, column) => (column === 0 ? ':--' : '--:'));
  return [head, alignment, ...body].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function speedText(line) {
  if (line === undefined) return NOTHING;
  if (line.failure !== undefined) return 'failed';
  const { imagesPerSecond, lowest, highest, rounds } = line;
  const number = (value) => (value >= 100 ? value.toFixed(0) : value.toFixed(1));
  return number(imagesPerSecond) + (rounds > 1 ? ` (${number(lowest)}–${number(highest)})` : '');
}

/** The setting at which each engine was fastest, and what failed. */
function settingsText(lines) {
  return lines
    .filter(({ engine }) => engine !== 'distillery')
    .map(({ name, engine, setting, failure, failures = [] }) =>
      [
        failure === undefined ? `- ${name}, ${TITLES[engine]}: ${setting}` : `- ${name}, ${TITLES[engine]}: failed`,
        ...(failure === undefined ? [] : [`(${failure.split('\n').at(-1)})`]),
        ...failures.map((other) => `(failed: ${other.setting})`),
      ].join(' '),
    )
    .join('\n');
}

function parametersText(lines) {
  const texts = parameterCounts(lines).map(({ model, counts }) => {
    const numbers = counts.map((count) => count.toLocaleString('en'));
    return `${model} ${counts.length > 1 ? `NOT THE SAME: ${numbers.join(' and ')}` : (numbers[0] ?? NOTHING)}`;
  });
  return `Parameters, on all sides: ${texts.join(', ')}.`;
}

function matmulText({ distillery, pytorch }) {
  const of = (name, value) => (value === undefined ? [] : [`${name} ${value.toFixed(0)}`]);
  const rates = [...of('TensorFlow', distillery), ...of('PyTorch', pytorch)];
  return `Matrix products in float32, GFLOP/s: ${rates.length > 0 ? rates.join(', ') : 'not measured'}.`;
}

function goalText({ goal, found, met }) {
  return `- [${met ? 'x' : ' '}] ${goal}: ${found}${met === undefined ? '' : met ? '' : ' – not met'}`;
}
