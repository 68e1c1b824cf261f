import { STUDY_METRICS, type Study } from '#contracts';
import pageStyles from '../../app/page.module.css';
import { IntervalAxis, IntervalTrack } from '../../charts/interval-track.js';
import { plotScale } from '../../charts/plot-scale.js';
import { count, number } from '../../format/quantities.js';
import { overOf } from './arms.js';
import styles from './study-page.module.css';

type Claim = Study['claims'][number];

const LOOKS = { holds: styles.holds, 'does not hold': styles.fails, undecided: styles.undecided };
const COLORS = {
  holds: 'var(--completed)',
  'does not hold': 'var(--failed)',
  undecided: 'var(--queued)',
} as const;

/** What the experiment set out to show, each with its verdict, why, and what would decide it. */
export function Claims({ claims }: { claims: Claim[] }) {
  return (
    <section className={pageStyles.card} aria-labelledby="claims">
      <header className={pageStyles.cardHeader}>
        <h2 id="claims">Claims</h2>
      </header>
      <ul className={styles.claims}>
        {claims.map((claim, index) => (
          <li key={index}>
            <div className={styles.judgement}>
              <span className={`${styles.verdict} ${LOOKS[claim.verdict]}`}>{claim.verdict}</span>
              {claim.moreSeeds !== null && (
                <span className={styles.more}>{count(claim.moreSeeds, 'more seed')} would decide it</span>
              )}
            </div>
            <div>
              <p>
                <strong>{claim.better}</strong> better than <strong>{claim.than}</strong> by {claim.by}
                {unitOf(claim, claim.by)} of {STUDY_METRICS[claim.metric].title}
              </p>
              <p className="muted">
                {foundIn(claim)} {claim.words}
              </p>
            </div>
            {claim.difference !== null && <Difference claim={claim} mean={claim.difference} />}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The difference beside what was claimed of it; the text says the same. */
function Difference({ claim: { interval, by, verdict }, mean }: { claim: Claim; mean: number }) {
  const value = { mean, interval };
  const scale = plotScale([value], [0, by]);
  return (
    <div aria-hidden="true">
      <IntervalTrack value={value} scale={scale} color={COLORS[verdict]} threshold={by} />
      <IntervalAxis scale={scale} format={number} />
    </div>
  );
}

function unitOf({ unit }: Claim, value: number): string {
  if (unit === 'own') return '';
  return Math.abs(value) === 1 ? ' point' : ' points';
}

function foundIn(claim: Claim): string {
  const { difference, interval } = claim;
  if (difference === null) return '';
  const ends = interval === null ? '' : ` (95 %: ${interval.map((end) => number(end)).join(' to ')})`;
  return `Found: ${number(difference)}${unitOf(claim, difference)}${ends}, over ${overOf(claim)}.`;
}
