import { PADDING, type ChannelOrder } from '../reorder.js';

/** How the branches' outputs of one stage are cut up and put together again. */
export interface ShufflePlan {
  /**
   * Of each branch output in the order in which they are made (the first unit makes two, every other unit one): the
   * sizes of the consecutive parts that it is split into, and who takes each part: the unit of that index, or, with the
   * number of units, whatever follows the stage. Padding goes with the last part, but not out of the stage.
   */
  outputs: readonly { sizes: readonly number[]; takers: readonly number[] }[];
  /**
   * Of each taker: how the channels lie where it concatenates its parts, oldest output first. Indexed by unit from 1 on,
   * with one more for what follows the stage.
   */
  orders: readonly ChannelOrder[];
}

/**
 * ShuffleNetV2 shuffles all channels after every unit, so that the two halves mix, and a plain shuffle moves every
 * activation, transposed, forward and backward. But a unit passes one half on untouched, and the other goes into a 1×1
 * convolution, which takes its channels in any order if its (small) weights are reordered. Hence no shuffle: whose
 * channel goes where is known when the network is built. Each branch output is split once, into the parts that later
 * units will take, and each unit concatenates the parts that are its own. Every activation moves twice in all.
 *
 * A channel's position within the output that it comes from falls with the number of units that pass it on, so that a
 * taker's part is always a consecutive range.
 * @param channels of the whole stage; must be even
 * @param units of the stage, with the first, which changes width and resolution
 * @param width of each branch output: half the channels, and padding behind them
 */
export function planShuffles(channels: number, units: number, width = channels / 2): ShufflePlan {
  const half = channels / 2;
  const padding = width - half;
  const takers = Array.from({ length: units + 1 }, () => new Array<number>(half).fill(units));
  // What a shuffled tensor would hold, channel by channel: which branch output, and which channel of that.
  let shuffled = interleave(
    Array.from({ length: half }, (_, channel) => ({ output: 0, channel })),
    Array.from({ length: half }, (_, channel) => ({ output: 1, channel })),
  );
  const taken: Origin[][] = [[]];
  for (let unit = 1; unit < units; unit++) {
    taken.push(shuffled.slice(half));
    for (const { output, channel } of taken[unit]) takers[output][channel] = unit;
    shuffled = interleave(
      shuffled.slice(0, half),
      Array.from({ length: half }, (_, channel) => ({ output: unit + 1, channel })),
    );
  }
  taken.push(shuffled);
  const outputs = takers.map((of) => runs(of, of[half - 1] < units ? padding : 0));
  const orders = taken.map((origins, taker) =>
    arrivalOrder(origins, (output) => (taker < units && takers[output][half - 1] === taker ? padding : 0)),
  );
  return { outputs, orders };
}

interface Origin {
  output: number;
  channel: number;
}

/** The channel shuffle of two groups (Zhang et al., 2018): one channel of each in turn. */
function interleave<T>(a: readonly T[], b: readonly T[]): T[] {
  return a.flatMap((each, index) => [each, b[index]]);
}

/**
 * Sorted by output and by channel, as parts are split and concatenated: the position that each had, and the padding that
 * comes along behind an output's part.
 */
function arrivalOrder(origins: readonly Origin[], paddingBehind: (output: number) => number): ChannelOrder {
  const sorted = origins
    .map((origin, position) => ({ ...origin, position }))
    .sort((a, b) => a.output - b.output || a.channel - b.channel);
  return sorted.flatMap(({ output, position }, index) =>
    sorted[index + 1]?.output === output
      ? [position]
      : [position, ...new Array<number>(paddingBehind(output)).fill(PADDING)],
  );
}

/** Consecutive channels of one taker each; the last part is wider by the padding. */
function runs(takers: readonly number[], padding: number): { sizes: number[]; takers: number[] } {
  const starts = [...takers.keys()].filter((at) => at === 0 || takers[at] !== takers[at - 1]);
  return {
    sizes: starts.map((start, index) => (starts[index + 1] ?? takers.length + padding) - start),
    takers: starts.map((start) => takers[start]),
  };
}
