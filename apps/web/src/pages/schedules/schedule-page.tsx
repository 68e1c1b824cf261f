import { OVERLAP_POLICIES, type Schedule, type ScheduleBody } from '#contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo, useRef, useState, type FormEvent } from 'react';
import { useNavigate, useParams } from 'react-router';
import { stringify } from 'yaml';
import { createSchedule, updateSchedule } from '../../api/endpoints.js';
import { keys } from '../../api/keys.js';
import { ApiProblem } from '../../api/problem.js';
import { schedulesQuery } from '../../api/queries.js';
import pageStyles from '../../app/page.module.css';
import { IssueList } from '../../editor/issue-list.js';
import { SpecEditor, type SpecEditorHandle } from '../../editor/spec-editor.js';
import { FIRST_TEXT, TEMPLATES } from '../../editor/templates.js';
import { useCheckedSpec } from '../../editor/use-checked-spec.js';
import { localZone } from '../../format/times.js';
import { Button, ButtonLink } from '../../parts/button.js';
import { EmptyState } from '../../parts/empty-state.js';
import { Field } from '../../parts/field.js';
import { Loading } from '../../parts/loading.js';
import { useNotices } from '../../parts/notices.js';
import { PageHeader } from '../../parts/page-header.js';
import { ProblemNotice } from '../../parts/problem-notice.js';
import { OVERLAP_WORDS } from './overlap-words.js';
import { ZoneOptions } from './zone-options.js';
import styles from './schedule-page.module.css';

export function NewSchedulePage() {
  return <ScheduleForm title="New schedule" />;
}

export function EditSchedulePage() {
  const { id } = useParams();
  const query = useQuery(schedulesQuery());
  if (query.isPending) return <Loading what="the schedule" />;
  const schedule = query.data?.find((candidate) => candidate.id === id);
  if (schedule !== undefined) return <ScheduleForm key={schedule.id} title="Edit schedule" schedule={schedule} />;
  return (
    <div className={pageStyles.page}>
      <PageHeader title="Edit schedule" />
      {query.isError ? (
        <ProblemNotice error={query.error} title="The schedule cannot be shown" onRetry={() => void query.refetch()} />
      ) : (
        <EmptyState title="There is no such schedule" action={<ButtonLink to="/schedules">All schedules</ButtonLink>}>
          It may have been deleted.
        </EmptyState>
      )}
    </div>
  );
}

interface Draft {
  name: string;
  cron: string;
  timeZone: string;
  overlap: ScheduleBody['overlap'];
  text: string;
}

const PRESETS = [
  { label: 'Every night', cron: '0 2 * * *' },
  { label: 'Every hour', cron: '0 * * * *' },
  { label: 'Weekdays', cron: '0 6 * * 1-5' },
  { label: 'Every Sunday', cron: '0 3 * * 0' },
];

function draftOf(schedule: Schedule | undefined): Draft {
  if (schedule === undefined) {
    return { name: '', cron: '0 2 * * *', timeZone: localZone(), overlap: 'skip', text: FIRST_TEXT };
  }
  const { name, cron, timeZone, overlap, spec } = schedule;
  return { name, cron, timeZone, overlap, text: stringify(spec, { lineWidth: 100 }) };
}

function ScheduleForm({ title, schedule }: { title: string; schedule?: Schedule }) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const { tell } = useNotices();
  const editor = useRef<SpecEditorHandle>(null);
  const [draft, setDraft] = useState(() => draftOf(schedule));
  const change = (part: Partial<Draft>) => setDraft((old) => ({ ...old, ...part }));
  const save = useMutation({
    mutationFn: ({ body }: { body: Omit<ScheduleBody, 'paused'>; text: string }) =>
      schedule === undefined ? createSchedule({ ...body, paused: false }) : updateSchedule(schedule.id, body),
    onSuccess: async (saved) => {
      tell(`${saved.name} is saved`);
      await client.invalidateQueries({ queryKey: keys.schedules });
      await navigate('/schedules');
    },
  });
  const refused = useMemo(
    () => ({ text: save.variables?.text ?? '', error: specErrorsOf(save.error) }),
    [save.variables, save.error],
  );
  const { spec, issues } = useCheckedSpec(draft.text, refused);
  const fields = save.error instanceof ApiProblem ? save.error.fields : new Map<string, string>();

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (spec === undefined) return;
    const { name, cron, timeZone, overlap, text } = draft;
    save.mutate({ body: { name: name.trim(), cron: cron.trim(), timeZone, overlap, spec }, text });
  };

  return (
    <form className={pageStyles.page} onSubmit={submit} noValidate>
      <PageHeader title={title}>
        <ButtonLink to="/schedules">Back</ButtonLink>
        <Button
          type="submit"
          look="primary"
          busy={save.isPending}
          disabled={spec === undefined || draft.name.trim() === ''}
        >
          Save
        </Button>
      </PageHeader>
      {save.isError && fields.size === 0 && <ProblemNotice error={save.error} title="The schedule was not saved" />}
      <div className={styles.columns}>
        <div className={styles.fields}>
          <Field label="Name" error={fields.get('name')}>
            {(props) => (
              <input
                {...props}
                required
                maxLength={120}
                placeholder="Nightly retraining"
                value={draft.name}
                onChange={(event) => change({ name: event.target.value })}
              />
            )}
          </Field>
          <Field
            label="When"
            hint="Minute, hour, day of the month, month, weekday; or a macro such as @daily."
            error={fields.get('cron')}
          >
            {(props) => (
              <input
                {...props}
                className={`${props.className} mono`}
                required
                spellCheck={false}
                value={draft.cron}
                onChange={(event) => change({ cron: event.target.value })}
              />
            )}
          </Field>
          <div className={styles.presets} role="group" aria-label="Common times">
            {PRESETS.map(({ label, cron }) => (
              <button key={cron} type="button" aria-pressed={draft.cron === cron} onClick={() => change({ cron })}>
                {label}
              </button>
            ))}
          </div>
          <Field
            label="Time zone"
            hint="The times follow this zone's clock, across changes of daylight saving time too."
            error={fields.get('timeZone')}
          >
            {(props) => (
              <select {...props} value={draft.timeZone} onChange={(event) => change({ timeZone: event.target.value })}>
                <ZoneOptions chosen={draft.timeZone} />
              </select>
            )}
          </Field>
          <Field label="At a due time" error={fields.get('overlap')}>
            {(props) => (
              <select
                {...props}
                value={draft.overlap}
                onChange={(event) => change({ overlap: event.target.value as Draft['overlap'] })}
              >
                {OVERLAP_POLICIES.map((policy) => (
                  <option key={policy} value={policy}>
                    {OVERLAP_WORDS[policy]}
                  </option>
                ))}
              </select>
            )}
          </Field>
          <IssueList id="issues" issues={issues} goTo={(issue) => editor.current?.goTo(issue)} />
        </div>
        <div className={`${pageStyles.card} ${styles.editor}`}>
          <div className={pageStyles.cardHeader}>
            <h2>Experiment</h2>
            <select
              aria-label="Begin with an example"
              value=""
              onChange={(event) =>
                change({ text: TEMPLATES.find(({ name }) => name === event.target.value)?.text ?? draft.text })
              }
            >
              <option value="" disabled>
                Begin with an example
              </option>
              {TEMPLATES.map(({ name }) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </div>
          <SpecEditor
            ref={editor}
            text={draft.text}
            onChange={(text) => change({ text })}
            issues={issues}
            label="Spec of the scheduled experiment, YAML"
            describedBy="issues"
          />
        </div>
      </div>
    </form>
  );
}

/** Of a refusal, the part that is about the spec: the rest is shown at the form's own fields. */
function specErrorsOf(error: Error | null): Error | null {
  if (!(error instanceof ApiProblem)) return null;
  const errors = (error.problem.errors ?? []).filter(({ path }) => path.startsWith('spec.'));
  return new ApiProblem({ ...error.problem, errors });
}
