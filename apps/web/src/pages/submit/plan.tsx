import type { RunPlan, Spec } from '#contracts';
import { count } from '../../format/quantities.js';
import { PointChips } from '../../parts/point-chips.js';
import styles from './plan.module.css';

const SHOWN = 12;

/** What will be queued: seeds × matrix, and the first of the runs by name. */
export function Plan({ spec, plans }: { spec: Spec; plans: RunPlan[] }) {
  const factors = [
    count(spec.seeds.length, 'seed'),
    ...(spec.arms === undefined ? [] : [count(Object.keys(spec.arms).length, 'arm')]),
    ...Object.entries(spec.matrix).map(([path, values]) => `${count(values.length, 'value')} of ${path}`),
    ...(spec.random === undefined ? [] : [count(spec.random.runs, 'random point')]),
  ];
  return (
    <div className={styles.plan}>
      <p className={styles.count}>{count(plans.length, 'run')}</p>
      <p className="muted">{factors.join(' × ')}</p>
      <dl>
        <div>
          <dt>Pipeline</dt>
          <dd>{spec.pipeline}</dd>
        </div>
        <div>
          <dt>Dataset</dt>
          <dd>{'name' in spec.dataset ? spec.dataset.name : spec.dataset.path}</dd>
        </div>
        <div>
          <dt>Project</dt>
          <dd>{spec.project}</dd>
        </div>
      </dl>
      <ul>
        {plans.slice(0, SHOWN).map((plan, index) => (
          <li key={index}>
            <PointChips seed={plan.seed} point={plan.point} />
          </li>
        ))}
        {plans.length > SHOWN && <li className="muted">and {plans.length - SHOWN} more</li>}
      </ul>
    </div>
  );
}
