import { median } from '../engine/summary.js';

/** What the comparison is held against: PyTorch's seconds over ours; ours over PyTorch's for the study. */
export const GOALS = { first: 1, later: 3, study: 0.5 };

/**
 * The first epoch and a later one, ours against PyTorch's better setting.
 * @param turns `{ who, setting, round, epochSeconds, images }`; who: `distillery` or `pytorch`
 * @returns rows `{ name, ours, torch, ratio, lowest, highest }`; seconds are medians over the rounds, ratios PyTorch's over
 *   ours, the lowest and the highest of a round
 */
export function epochRows(turns) {
  const rows = [
    { key: 'first', name: 'first epoch, the cache being filled', of: ([first]) => first },
    { key: 'later', name: 'a later epoch', of: ([, ...later]) => median(later) },
  ];
  return rows.map(({ key, name, of }) => {
    const sides = settingsOf(turns).map(({ who, setting, turns: own }) => {
      const rounds = own.map(({ round, epochSeconds }) => ({ round, seconds: of(epochSeconds) }));
      return { who, setting, rounds, seconds: median(rounds.map(({ seconds }) => seconds)), images: own[0].images };
    });
    const ours = sides.find(({ who }) => who === 'distillery');
    const torch = fastest(sides.filter(({ who }) => who === 'pytorch'));
    // A setting may have been left out after the first round.
    const ratios = ours.rounds.flatMap(({ round, seconds }) => {
      const other = torch.rounds.find((each) => each.round === round);
      return other ? [other.seconds / seconds] : [];
    });
    return {
      ...{ key, name, ours: sideOf(ours), torch: sideOf(torch), ratio: torch.seconds / ours.seconds },
      ...{ lowest: Math.min(...ratios), highest: Math.max(...ratios), rounds: ratios.length },
    };
  });
}

/** PyTorch's setting with the shorter run, all epochs together: the one that goes on to the study. */
export function bestSetting(turns) {
  const total = (seconds) => seconds.reduce((sum, each) => sum + each, 0);
  const sides = settingsOf(turns.filter(({ who }) => who === 'pytorch')).map(({ setting, turns: own }) => ({
    setting,
    seconds: median(own.map(({ epochSeconds }) => total(epochSeconds))),
  }));
  return fastest(sides).setting;
}

/**
 * The study of ours against PyTorch's loop.
 * @param rounds `{ ours: { seconds, teacherImages, testTop1 }, torch: the same }`
 * @param expected images that a teacher is asked for who is asked for each once
 */
export function studyRow(rounds, { runs, expected }) {
  const of = (side, field) => median(rounds.map((round) => round[side][field]));
  const ratios = rounds.map(({ ours, torch }) => ours.seconds / torch.seconds);
  const side = (name) => ({
    seconds: of(name, 'seconds'),
    teacherImages: of(name, 'teacherImages'),
    testTop1: of(name, 'testTop1'),
  });
  return {
    ...{ runs, expected, ours: side('ours'), torch: side('torch'), ratio: median(ratios) },
    ...{ lowest: Math.min(...ratios), highest: Math.max(...ratios), rounds: rounds.length },
    // In every round.
    onceEach: rounds.every(({ ours }) => ours.teacherImages === expected),
  };
}

export function verdicts(rows, study) {
  const epochs = rows.map(({ key, name, ratio }) => ({
    goal: `${name}: ≥ ${GOALS[key]}× PyTorch's, which asks its teacher at each step`,
    found: `${ratio.toFixed(2)}×`,
    met: ratio >= GOALS[key],
  }));
  if (study === undefined) return epochs;
  return [
    ...epochs,
    {
      goal: `a study of ${study.runs} runs: ≤ ${GOALS.study} of the time of PyTorch's loop`,
      found: study.ratio.toFixed(2),
      met: study.ratio <= GOALS.study,
    },
    {
      goal: `in a study the teacher is asked once for each image, of ${study.expected.toLocaleString('en')}`,
      found: `${study.ours.teacherImages.toLocaleString('en')} images`,
      met: study.onceEach,
    },
  ];
}

function settingsOf(turns) {
  const groups = new Map();
  for (const turn of turns) {
    const key = `${turn.who} ${turn.setting}`;
    if (!groups.has(key)) groups.set(key, { who: turn.who, setting: turn.setting, turns: [] });
    groups.get(key).turns.push(turn);
  }
  return [...groups.values()];
}

function sideOf({ setting, seconds, images }) {
  return { setting, seconds, imagesPerSecond: images / seconds };
}

function fastest(sides) {
  return sides.reduce((best, side) => (side.seconds < best.seconds ? side : best));
}
