/** The goals that a comparison is held against. */
export const GOALS = {
  train: { float32: 1.15, bfloat16: 1.1 },
  forward: 1.4,
  none: 1,
  trainers: 1.3,
  matmulShare: 0.9,
  firstStepMs: 5000,
};

/** The middle one; of an even number, the mean of the two in the middle. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export function geometricMean(values) {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

/**
 * One line per engine of a row: its best setting, by the median of its rounds. An engine that failed in every setting has
 * a line with the failure.
 */
export function summariseRow(row, contenders) {
  const engines = [...new Set(contenders.map(({ engine }) => engine))];
  return engines.map((engine) => {
    const own = contenders.filter((contender) => contender.engine === engine);
    const measured = own
      .filter(({ turns }) => turns.length > 0)
      .map((contender) => ({ ...contender, rate: median(contender.turns.map(({ rate }) => rate)) }))
      .sort((a, b) => b.rate - a.rate);
    const line = {
      model: row.model,
      mode: row.mode,
      size: row.size,
      batch: row.batch,
      precision: row.precision,
      trainers: row.trainers,
      name: row.name,
      engine,
    };
    if (measured.length === 0) return { ...line, failure: own[0].failure };
    const [best] = measured;
    const { turns, setting, processes, threads } = best;
    const of = (field) => turns.map((turn) => turn[field]);
    return {
      ...line,
      setting,
      processes,
      threads,
      imagesPerSecond: round(best.rate, 1),
      lowest: round(Math.min(...of('rate')), 1),
      highest: round(Math.max(...of('rate')), 1),
      rounds: turns.length,
      // What is compiled in the first round is found in a cache in the others.
      firstStepMs: Math.round(engine === 'torch-compile' ? Math.max(...of('firstStepMs')) : median(of('firstStepMs'))),
      peakBytes: Math.round(median(of('peakBytes'))),
      peakBytesOverLibraries: Math.round(median(turns.map((turn) => turn.peakBytes - turn.baseBytes))),
      ...(turns[0].parameters > 0 ? { parameters: turns[0].parameters } : {}),
      gigaflopsPerSecond: round((2 * row.multiplyAddsPerImage * best.rate) / 1e9, 1),
      otherSettings: measured.slice(1).map((other) => ({
        setting: other.setting,
        imagesPerSecond: round(other.rate, 1),
      })),
      ...(own.some(({ failure }) => failure)
        ? { failures: own.filter(({ failure }) => failure).map(({ setting, failure }) => ({ setting, failure })) }
        : {}),
    };
  });
}

/**
 * Each row's network and its number of parameters, which must be the same on all sides for the row to mean anything.
 * @returns `{ model, counts }`: more than one count is a mistake of the bench
 */
export function parameterCounts(lines) {
  const models = [...new Set(lines.map(({ model }) => model))];
  return models.map((model) => {
    const counts = lines.filter((line) => line.model === model).map(({ parameters }) => parameters);
    return { model, counts: [...new Set(counts.filter((count) => count !== undefined))] };
  });
}

/** Our line and PyTorch's faster one, eager or compiled, of every row that has both. */
export function duels(lines) {
  return [...new Set(lines.map(({ name }) => name))].flatMap((name) => {
    const row = lines.filter((line) => line.name === name && line.imagesPerSecond !== undefined);
    const ours = row.find(({ engine }) => engine === 'distillery');
    const torch = row
      .filter(({ engine }) => engine === 'pytorch' || engine === 'torch-compile')
      .sort((a, b) => b.imagesPerSecond - a.imagesPerSecond)[0];
    if (!ours || !torch) return [];
    return [{ name, ours, torch, ratio: ours.imagesPerSecond / torch.imagesPerSecond }];
  });
}

/**
 * What the lines say about each goal. `met` is absent where nothing was measured that could tell.
 * @param matmulGigaflops what the machine multiplies per second
 * @param convolutionBound names of the rows that are held against it
 */
export function verdicts(lines, { matmulGigaflops, convolutionBound }) {
  const all = duels(lines);
  const single = all.filter(({ ours }) => ours.trainers === 1);
  const of = (mode, precision) => single.filter(({ ours }) => ours.mode === mode && ours.precision === precision);
  const ours = lines.filter(({ engine, imagesPerSecond }) => engine === 'distillery' && imagesPerSecond !== undefined);
  return [
    speedVerdict('training, float32', of('train', 'float32'), GOALS.train.float32, GOALS.none),
    speedVerdict('training, bfloat16', of('train', 'bfloat16'), GOALS.train.bfloat16, GOALS.none),
    speedVerdict('forward, float32', of('forward', 'float32'), GOALS.forward),
    onnxruntimeVerdict(lines),
    matmulVerdict(
      ours.filter(({ name }) => convolutionBound.includes(name)),
      matmulGigaflops,
    ),
    eachVerdict(
      `first step within ${GOALS.firstStepMs / 1000} s`,
      ours.map(({ name, firstStepMs }) => ({ name, value: firstStepMs / 1000, unit: ' s' })),
      (seconds) => seconds < GOALS.firstStepMs / 1000,
    ),
    memoryVerdict('peak memory, libraries included', single, 'peakBytes'),
    memoryVerdict('peak memory over what the loaded libraries take', single, 'peakBytesOverLibraries'),
    speedVerdict(
      'many small trainers',
      all.filter(({ ours }) => ours.trainers > 1),
      GOALS.trainers,
    ),
  ];
}

function speedVerdict(what, rows, goal, none) {
  const asked = `≥ ${goal}× PyTorch's best setting${none === undefined ? '' : `, none below ${none.toFixed(1)}×`}`;
  const title = `${what}: ${asked}, geometric mean`;
  if (rows.length === 0) return { goal: title, found: 'not measured' };
  const mean = geometricMean(rows.map(({ ratio }) => ratio));
  const worst = rows.reduce((low, row) => (row.ratio < low.ratio ? row : low));
  return {
    goal: title,
    found: `${mean.toFixed(2)}× over ${count(rows, 'row')}, the lowest ${worst.ratio.toFixed(2)}× (${worst.name})`,
    met: mean >= goal && (none === undefined || worst.ratio >= none),
  };
}

function onnxruntimeVerdict(lines) {
  const pairs = lines
    .filter(({ engine, imagesPerSecond }) => engine === 'onnxruntime' && imagesPerSecond !== undefined)
    .map((theirs) => ({
      theirs,
      ours: lines.find(({ name, engine }) => name === theirs.name && engine === 'distillery'),
    }))
    .filter(({ ours }) => ours?.imagesPerSecond !== undefined);
  const goal = 'forward: above onnxruntime on at least half of the rows';
  if (pairs.length === 0) return { goal, found: 'not measured' };
  const above = pairs.filter(({ ours, theirs }) => ours.imagesPerSecond > theirs.imagesPerSecond);
  const ratios = pairs.map(
    ({ ours, theirs }) => `${(ours.imagesPerSecond / theirs.imagesPerSecond).toFixed(2)}× (${ours.name})`,
  );
  return {
    goal,
    found: `${above.length} of ${pairs.length}: ${ratios.join(', ')}`,
    met: 2 * above.length >= pairs.length,
  };
}

function matmulVerdict(ours, matmulGigaflops) {
  const rows =
    matmulGigaflops === undefined
      ? []
      : ours.map(({ name, gigaflopsPerSecond }) => ({
          name,
          value: (100 * gigaflopsPerSecond) / matmulGigaflops,
          unit: ' %',
        }));
  return eachVerdict(
    `networks of convolutions: ≥ ${100 * GOALS.matmulShare} % of the machine's rate of matrix products`,
    rows,
    (percent) => percent >= 100 * GOALS.matmulShare,
  );
}

function memoryVerdict(what, rows, field) {
  const ratios = rows.map(({ name, ours, torch }) => ({ name, value: ours[field] / torch[field], unit: '×' }));
  return eachVerdict(`${what}: at most that of PyTorch's best setting`, ratios, (ratio) => ratio <= 1);
}

/** A goal that every row must meet; those that don't are named. */
function eachVerdict(goal, rows, isMet) {
  if (rows.length === 0) return { goal, found: 'not measured' };
  const text = ({ name, value, unit }) => `${value.toFixed(unit === ' %' ? 0 : 2)}${unit} (${name})`;
  const short = rows.filter(({ value }) => !isMet(value));
  const found =
    short.length === 0
      ? `${count(rows, 'row')}, ${text(extreme(rows, Math.min))} to ${text(extreme(rows, Math.max))}`
      : `${short.length} of ${count(rows, 'row')} not: ${short.map(text).join(', ')}`;
  return { goal, found, met: short.length === 0 };
}

function extreme(rows, choose) {
  const value = choose(...rows.map((row) => row.value));
  return rows.find((row) => row.value === value);
}

function count(rows, word) {
  return `${rows.length} ${word}${rows.length === 1 ? '' : 's'}`;
}

function round(value, digits) {
  return Number(value.toFixed(digits));
}
