import { transition, type Run } from '#contracts';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { cancelRun, retryRun } from '../../api/endpoints.js';
import { Button, ButtonLink } from '../../parts/button.js';
import { Confirm } from '../../parts/confirm.js';
import { useNotices } from '../../parts/notices.js';

/** Cancel and retry, each confirmed; what is not possible in this state is not offered. */
export function RunActions({ run }: { run: Run }) {
  const { tell, complain } = useNotices();
  const [asking, setAsking] = useState<'cancel' | 'retry'>();
  const act = useMutation({
    mutationFn: (action: 'cancel' | 'retry') => (action === 'cancel' ? cancelRun(run.id) : retryRun(run.id)),
    onSuccess: (_, action) => tell(action === 'cancel' ? 'Cancellation requested' : 'The run is queued again'),
    onError: complain,
    onSettled: () => setAsking(undefined),
  });
  const canCancel = transition(run.state, 'cancel') !== undefined;
  const canRetry = transition(run.state, 'retry') !== undefined;
  return (
    <>
      <ButtonLink to={`/compare?runs=${run.id}`} icon="compare">
        Compare
      </ButtonLink>
      <ButtonLink to={`/submit?from=${run.id}`} icon="edit">
        Submit a variant
      </ButtonLink>
      {canCancel && (
        <Button look="danger" icon="cross" disabled={run.cancelRequested} onClick={() => setAsking('cancel')}>
          {run.cancelRequested ? 'Cancelling' : 'Cancel'}
        </Button>
      )}
      {canRetry && (
        <Button look="primary" icon="retry" onClick={() => setAsking('retry')}>
          Retry
        </Button>
      )}
      <Confirm
        open={asking === 'cancel'}
        title="Cancel this run?"
        action="Cancel the run"
        danger
        busy={act.isPending}
        onConfirm={() => act.mutate('cancel')}
        onClose={() => setAsking(undefined)}
      >
        Its trainer stops within seconds. Metrics and checkpoints so far are kept, and the run can be retried.
      </Confirm>
      <Confirm
        open={asking === 'retry'}
        title="Retry this run?"
        action="Retry the run"
        busy={act.isPending}
        onConfirm={() => act.mutate('retry')}
        onClose={() => setAsking(undefined)}
      >
        It is queued as attempt {run.attempt + 1} and continues from its last checkpoint, if it has one.
      </Confirm>
    </>
  );
}
