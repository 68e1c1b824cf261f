import { PIPELINES, RUN_STATES } from '#contracts';
import { useEffect, useRef, useState } from 'react';
import type { RunFilter } from '../../api/endpoints.js';
import { Icon } from '../../parts/icon.js';
import { stateWord } from '../../parts/state-badge.js';
import { toggleState } from './runs-url.js';
import styles from './run-filters.module.css';

const TYPING_PAUSE_MS = 250;

export function RunFilters({ filter, onChange }: { filter: RunFilter; onChange: (filter: RunFilter) => void }) {
  return (
    <div role="search" aria-label="Runs" className={styles.filters}>
      <SearchBox value={filter.search} onChange={(search) => onChange({ ...filter, search })} />
      <fieldset className={styles.states}>
        <legend className="visually-hidden">State</legend>
        {RUN_STATES.map((state) => (
          <button
            key={state}
            type="button"
            className={styles.state}
            aria-pressed={filter.state.includes(state)}
            onClick={() => onChange({ ...filter, state: toggleState(filter.state, state) })}
          >
            {stateWord(state)}
          </button>
        ))}
      </fieldset>
      <label className={styles.pipeline}>
        <span className="visually-hidden">Pipeline</span>
        <select
          value={filter.pipeline ?? ''}
          onChange={(event) => onChange({ ...filter, pipeline: event.target.value || undefined })}
        >
          <option value="">All pipelines</option>
          {PIPELINES.map((pipeline) => (
            <option key={pipeline}>{pipeline}</option>
          ))}
        </select>
      </label>
    </div>
  );
}

/** Typing is let settle before it becomes part of the address; "/" anywhere on the page goes to the box. */
function SearchBox({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const [draft, setDraft] = useState(value);
  const [committed, setCommitted] = useState(value);
  const [sent, setSent] = useState(value);
  const input = useRef<HTMLInputElement>(null);
  const commit = useRef(onChange);
  useEffect(() => {
    commit.current = onChange;
  });

  // Going back in the history changes the value from outside; what was typed since the last change was sent stays.
  if (value !== committed) {
    setCommitted(value);
    if (value !== sent) setDraft(value);
  }

  useEffect(() => {
    if (draft === committed) return undefined;
    const timer = window.setTimeout(() => {
      setSent(draft);
      commit.current(draft);
    }, TYPING_PAUSE_MS);
    return () => window.clearTimeout(timer);
  }, [draft, committed]);

  useEffect(() => {
    const focus = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      if (event.key !== '/' || event.ctrlKey || event.metaKey || target.matches('input, textarea, select')) return;
      event.preventDefault();
      input.current?.focus();
    };
    document.addEventListener('keydown', focus);
    return () => document.removeEventListener('keydown', focus);
  }, []);

  return (
    <label className={styles.search}>
      <span className="visually-hidden">Search by experiment name</span>
      <Icon name="search" />
      <input
        ref={input}
        type="search"
        placeholder="Search by name"
        maxLength={200}
        value={draft}
        onChange={(event) => setDraft(event.target.value)}
      />
      <kbd aria-hidden="true">/</kbd>
    </label>
  );
}
