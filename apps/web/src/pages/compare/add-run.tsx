import { useInfiniteQuery } from '@tanstack/react-query';
import type { RunFilter } from '../../api/endpoints.js';
import { runListQuery } from '../../api/queries.js';
import { useLive } from '../../live/live-context.js';
import { stateWord } from '../../parts/state-badge.js';
import styles from './compare-page.module.css';

const NEWEST: RunFilter = { state: [], search: '', sort: 'createdAt', order: 'desc' };

/** One of the newest runs, to be compared as well. */
export function AddRun({ chosen, onAdd }: { chosen: string[]; onAdd: (id: string) => void }) {
  const { recent } = useLive();
  const list = useInfiniteQuery(runListQuery(NEWEST, recent));
  const runs = (list.data?.pages[0]?.items ?? []).filter((run) => !chosen.includes(run.id));
  return (
    <label className={styles.add}>
      <span className="visually-hidden">Add a run</span>
      <select value="" disabled={runs.length === 0} onChange={(event) => onAdd(event.target.value)}>
        <option value="" disabled>
          Add a run
        </option>
        {runs.map((run) => (
          <option key={run.id} value={run.id}>
            {run.experimentName}, seed {run.seed} ({stateWord(run.state).toLowerCase()}, {run.id.slice(0, 8)})
          </option>
        ))}
      </select>
    </label>
  );
}
