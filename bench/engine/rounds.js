import { median } from './summary.js';
import { takeTurn } from './measuring-process.js';

/** A setting further behind the same engine's best than this, after the first round, is not measured again. */
const STILL_IN = 0.85;

/**
 * Measures everything in rounds: in each, every contender of every row takes one turn, next to its rivals, in a process
 * (or several) of its own. A contender that fails once is out, with its failure kept.
 * @param contests `{ row, contenders }`; each contender gets `turns` and perhaps `failure`
 * @param say hears of every turn
 */
export async function playRounds(contests, { rounds, say }) {
  for (const { contenders } of contests) for (const contender of contenders) contender.turns = [];
  for (let round = 1; round <= rounds; round++) {
    for (const { row, contenders } of contests) {
      for (const contender of contenders.filter(({ failure, behind }) => !failure && !behind)) {
        const said = `round ${round} of ${rounds}  ${row.name}  ${contender.engine} (${contender.setting})`;
        try {
          const turn = await takeTurn(contender.program, contender.cells);
          if (!Number.isFinite(turn.lastValue)) throw new Error(`it computed ${turn.lastValue}`);
          contender.turns.push(turn);
          say(`${said}: ${turn.rate.toFixed(1)}/s`);
        } catch (error) {
          contender.failure = error.message;
          say(`${said}: failed: ${error.message}`);
        }
      }
      if (round === 1) leaveOutTheSlow(contenders);
    }
  }
}

function leaveOutTheSlow(contenders) {
  const best = {};
  for (const { engine, turns } of contenders) {
    for (const { rate } of turns) best[engine] = Math.max(best[engine] ?? 0, rate);
  }
  for (const contender of contenders) {
    const rates = contender.turns.map(({ rate }) => rate);
    contender.behind = rates.length > 0 && median(rates) < STILL_IN * best[contender.engine];
  }
}
