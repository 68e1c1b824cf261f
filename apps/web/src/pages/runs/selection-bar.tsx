import { isTerminal, type Run } from '#contracts';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { cancelRuns } from '../../api/endpoints.js';
import { count } from '../../format/quantities.js';
import { Button, ButtonLink } from '../../parts/button.js';
import { Confirm } from '../../parts/confirm.js';
import { useNotices } from '../../parts/notices.js';
import styles from './selection-bar.module.css';

/** More curves than there are colours cannot be told apart. */
const MAX_COMPARED = 8;

/** What can be done with the selected runs together. */
export function SelectionBar({ selected, clear }: { selected: Run[]; clear: () => void }) {
  const { tell, complain } = useNotices();
  const [isAsking, setAsking] = useState(false);
  const open = selected.filter((run) => !isTerminal(run.state) && !run.cancelRequested);
  const cancel = useMutation({
    mutationFn: async () => {
      const failed = (await cancelRuns(open.map((run) => run.id))).filter((result) => !result.ok);
      if (failed.length > 0) {
        throw new Error(
          `${count(failed.length, 'run')} could not be cancelled: ${failed[0].message ?? 'not possible'}`,
        );
      }
      return open.length;
    },
    onSuccess: (cancelled) => {
      tell(`Cancellation of ${count(cancelled, 'run')} requested`);
      clear();
    },
    onError: complain,
    onSettled: () => setAsking(false),
  });
  if (selected.length === 0) return null;
  const ids = selected.map((run) => run.id).join(',');

  return (
    <div className={styles.bar} role="region" aria-label="Selected runs">
      <p aria-live="polite">{count(selected.length, 'run')} selected</p>
      <div className={styles.actions}>
        {selected.length >= 2 && selected.length <= MAX_COMPARED && (
          <ButtonLink to={`/compare?runs=${ids}`} look="primary" icon="compare">
            Compare
          </ButtonLink>
        )}
        {selected.length === 1 && <span className="muted">Select another run to compare</span>}
        {selected.length > MAX_COMPARED && <span className="muted">At most {MAX_COMPARED} runs can be compared</span>}
        <Button look="danger" disabled={open.length === 0} onClick={() => setAsking(true)}>
          Cancel {count(open.length, 'run')}
        </Button>
        <Button look="quiet" icon="cross" iconOnly onClick={clear}>
          Clear the selection
        </Button>
      </div>
      <Confirm
        open={isAsking}
        title={`Cancel ${count(open.length, 'run')}?`}
        action={`Cancel ${count(open.length, 'run')}`}
        danger
        busy={cancel.isPending}
        onConfirm={() => cancel.mutate()}
        onClose={() => setAsking(false)}
      >
        Their trainers stop within seconds. Metrics and checkpoints so far are kept, and a cancelled run can be retried.
      </Confirm>
    </div>
  );
}
