import { STUDY_METRICS, type Study } from '#contracts';
import pageStyles from '../../app/page.module.css';
import { count, number } from '../../format/quantities.js';
import styles from './study-page.module.css';

type Claim = Study['claims'][number];

const LOOKS = { holds: styles.holds, 'does not hold': styles.fails, undecided: styles.undecided };

/** What the experiment set out to show, each with its verdict and why. */
export function Claims({ claims }: { claims: Claim[] }) {
  return (
    <section className={pageStyles.card} aria-labelledby="claims">
      <header className={pageStyles.cardHeader}>
        <h2 id="claims">Claims</h2>
      </header>
      <ul className={styles.claims}>
        {claims.map((claim, index) => (
          <li key={index}>
            <span className={`${styles.verdict} ${LOOKS[claim.verdict]}`}>{claim.verdict}</span>
            <div>
              <p>
                <strong>{claim.better}</strong> better than <strong>{claim.than}</strong> by {claim.by}
                {unitOf(claim)} of {STUDY_METRICS[claim.metric].title}
              </p>
              <p className="muted">
                {foundIn(claim)} {claim.words}
              </p>
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}

function unitOf({ unit }: Claim): string {
  return unit === 'percentage points' ? ' points' : '';
}

function foundIn(claim: Claim): string {
  const { difference, interval, seeds, images } = claim;
  if (difference === null) return '';
  const ends = interval === null ? '' : ` (95 %: ${interval.map((end) => number(end)).join(' to ')})`;
  const over = images === 0 ? count(seeds, 'seed') : `${count(seeds, 'seed')} and ${count(images, 'image')}`;
  return `Found: ${number(difference)}${unitOf(claim)}${ends}, over ${over}.`;
}
