import { useMutation, useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { useNavigate, useSearchParams } from 'react-router';
import { stringify } from 'yaml';
import { submitExperiment } from '../../api/endpoints.js';
import { ApiProblem } from '../../api/problem.js';
import { runQuery } from '../../api/queries.js';
import pageStyles from '../../app/page.module.css';
import { IssueList } from '../../editor/issue-list.js';
import { SpecEditor, type SpecEditorHandle } from '../../editor/spec-editor.js';
import { FIRST_TEXT, TEMPLATES } from '../../editor/templates.js';
import { useCheckedSpec } from '../../editor/use-checked-spec.js';
import { count } from '../../format/quantities.js';
import { useLive } from '../../live/live-context.js';
import { Button } from '../../parts/button.js';
import { useNotices } from '../../parts/notices.js';
import { PageHeader } from '../../parts/page-header.js';
import { ProblemNotice } from '../../parts/problem-notice.js';
import { Plan } from './plan.js';
import styles from './submit-page.module.css';

export function SubmitPage() {
  const navigate = useNavigate();
  const { tell } = useNotices();
  const editor = useRef<SpecEditorHandle>(null);
  const [text, setText] = useState(FIRST_TEXT);
  useTextOfRun(setText);
  // The key belongs to the text: pressing twice, or again after an answer was lost, submits once.
  const submission = useRef({ text: '', key: '' });
  const submit = useMutation({
    mutationFn: ({ spec, text: submitted }: { spec: unknown; text: string }) => {
      if (submission.current.text !== submitted) submission.current = { text: submitted, key: crypto.randomUUID() };
      return submitExperiment(spec, submission.current.key);
    },
    onSuccess: (experiment) => {
      submission.current = { text: '', key: '' };
      tell(`${experiment.name}: ${count(experiment.runs.length, 'run')} submitted`);
      const [only, ...others] = experiment.runs;
      void navigate(others.length === 0 ? `/runs/${only.id}` : `/?search=${encodeURIComponent(experiment.name)}`);
    },
  });
  const { spec, plans, issues } = useCheckedSpec(text, { text: submit.variables?.text ?? '', error: submit.error });
  const isPlaced = submit.error instanceof ApiProblem && (submit.error.problem.errors?.length ?? 0) > 0;

  return (
    <div className={pageStyles.page}>
      <PageHeader title="Submit an experiment">
        <label className={styles.template}>
          <span className="visually-hidden">Begin with an example</span>
          <select
            value=""
            onChange={(event) => setText(TEMPLATES.find(({ name }) => name === event.target.value)?.text ?? text)}
          >
            <option value="" disabled>
              Begin with an example
            </option>
            {TEMPLATES.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <Button
          look="primary"
          icon="play"
          busy={submit.isPending}
          disabled={spec === undefined}
          onClick={() => submit.mutate({ spec, text })}
        >
          {plans.length > 0 ? `Submit ${count(plans.length, 'run')}` : 'Submit'}
        </Button>
      </PageHeader>
      {submit.isError && !isPlaced && <ProblemNotice error={submit.error} title="The experiment was not submitted" />}
      <div className={styles.columns}>
        <div className={`${pageStyles.card} ${styles.editor}`}>
          <SpecEditor
            ref={editor}
            text={text}
            onChange={setText}
            issues={issues}
            label="Spec of the experiment, YAML"
            describedBy="issues"
          />
        </div>
        <aside className={styles.aside} aria-label="Check">
          <div className={pageStyles.card}>
            <div className={pageStyles.cardBody}>
              <IssueList id="issues" issues={issues} goTo={(issue) => editor.current?.goTo(issue)} />
              {text.trim() === '' && <p className="muted">Write a spec, or begin with an example.</p>}
              {spec !== undefined && <Plan spec={spec} plans={plans} />}
            </div>
          </div>
        </aside>
      </div>
    </div>
  );
}

/** `/submit?from=RUN` begins with that run's spec. */
function useTextOfRun(setText: (text: string) => void): void {
  const [search] = useSearchParams();
  const { recent } = useLive();
  const from = search.get('from') ?? '';
  const { data } = useQuery({ ...runQuery(from, recent), enabled: from !== '' });
  const taken = useRef('');
  useEffect(() => {
    if (data === undefined || taken.current === data.id) return;
    taken.current = data.id;
    setText(stringify(data.spec, { lineWidth: 100 }));
  }, [data, setText]);
}
