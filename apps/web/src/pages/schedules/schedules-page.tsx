import type { Schedule } from '#contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { deleteSchedule, fireSchedule, updateSchedule } from '../../api/endpoints.js';
import { keys } from '../../api/keys.js';
import { schedulesQuery } from '../../api/queries.js';
import pageStyles from '../../app/page.module.css';
import { dateTime } from '../../format/times.js';
import { Button, ButtonLink } from '../../parts/button.js';
import { Confirm } from '../../parts/confirm.js';
import { EmptyState } from '../../parts/empty-state.js';
import { Loading } from '../../parts/loading.js';
import { useNotices } from '../../parts/notices.js';
import { PageHeader } from '../../parts/page-header.js';
import { ProblemNotice } from '../../parts/problem-notice.js';
import { NextTimes } from './next-times.js';
import { OVERLAP_WORDS } from './overlap-words.js';
import styles from './schedules-page.module.css';

export function SchedulesPage() {
  const query = useQuery(schedulesQuery());
  return (
    <div className={pageStyles.page}>
      <PageHeader title="Schedules">
        <ButtonLink to="/schedules/new" look="primary" icon="submit">
          New schedule
        </ButtonLink>
      </PageHeader>
      {query.isPending && <Loading what="schedules" />}
      {query.isError && (
        <ProblemNotice
          error={query.error}
          title="The schedules cannot be listed"
          onRetry={() => void query.refetch()}
        />
      )}
      {query.isSuccess && query.data.length === 0 && (
        <EmptyState
          title="Nothing is scheduled"
          commands={['npx distillery schedules']}
          action={
            <ButtonLink to="/schedules/new" look="primary">
              Schedule an experiment
            </ButtonLink>
          }
        >
          A schedule submits an experiment again and again: every night, say, to retrain on what came in during the day.
        </EmptyState>
      )}
      <ul className={styles.schedules}>
        {query.data?.map((schedule) => (
          <ScheduleItem key={schedule.id} schedule={schedule} />
        ))}
      </ul>
    </div>
  );
}

function ScheduleItem({ schedule }: { schedule: Schedule }) {
  const { id, name, cron, timeZone, overlap, paused, spec, nextTimes, lastFiredAt } = schedule;
  const client = useQueryClient();
  const { tell, complain } = useNotices();
  const [isAsking, setAsking] = useState(false);
  const act = useMutation({
    mutationFn: async (action: 'pause' | 'resume' | 'run' | 'delete') => {
      if (action === 'run') await fireSchedule(id);
      else if (action === 'delete') await deleteSchedule(id);
      else await updateSchedule(id, { paused: action === 'pause' });
      return { pause: 'paused', resume: 'resumed', run: 'submitted', delete: 'deleted' }[action];
    },
    onSuccess: (done) => {
      tell(`${name} is ${done}`);
      return client.invalidateQueries({ queryKey: keys.schedules });
    },
    onError: complain,
    onSettled: () => setAsking(false),
  });

  return (
    <li className={`${pageStyles.card} ${styles.schedule}`}>
      <div className={styles.about}>
        <h2>
          <Link to={`/schedules/${id}`}>{name}</Link>
          {paused && <span className={styles.paused}>Paused</span>}
        </h2>
        <p>
          <code className={styles.cron}>{cron}</code> <span className="muted">{timeZone}</span>
        </p>
        <p className={styles.spec}>
          {spec.pipeline}: {spec.name} · {OVERLAP_WORDS[overlap].toLowerCase()}
          {lastFiredAt !== null && ` · last submitted ${dateTime(lastFiredAt)}`}
        </p>
      </div>
      <NextTimes times={nextTimes} timeZone={timeZone} paused={paused} />
      <div className={styles.actions}>
        <Button icon="play" busy={act.isPending} onClick={() => act.mutate('run')} aria-label={`Run now: ${name}`}>
          Run now
        </Button>
        <Button
          icon={paused ? 'play' : 'pause'}
          disabled={act.isPending}
          onClick={() => act.mutate(paused ? 'resume' : 'pause')}
          aria-label={`${paused ? 'Resume' : 'Pause'} ${name}`}
        >
          {paused ? 'Resume' : 'Pause'}
        </Button>
        <ButtonLink to={`/schedules/${id}`} icon="edit" aria-label={`Edit ${name}`}>
          Edit
        </ButtonLink>
        <Button look="danger" icon="trash" iconOnly disabled={act.isPending} onClick={() => setAsking(true)}>
          {`Delete ${name}`}
        </Button>
      </div>
      <Confirm
        open={isAsking}
        title={`Delete ${name}?`}
        action="Delete the schedule"
        danger
        busy={act.isPending}
        onConfirm={() => act.mutate('delete')}
        onClose={() => setAsking(false)}
      >
        Nothing more is submitted. The experiments that it has submitted stay.
      </Confirm>
    </li>
  );
}
