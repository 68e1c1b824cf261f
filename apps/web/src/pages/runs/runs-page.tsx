import { useInfiniteQuery } from '@tanstack/react-query';
import type { RowSelectionState } from '@tanstack/react-table';
import { useCallback, useMemo, useState } from 'react';
import { useSearchParams } from 'react-router';
import type { RunFilter } from '../../api/endpoints.js';
import { runListQuery } from '../../api/queries.js';
import { useLive } from '../../live/live-context.js';
import { Button, ButtonLink } from '../../parts/button.js';
import { EmptyState } from '../../parts/empty-state.js';
import { Loading } from '../../parts/loading.js';
import { PageHeader } from '../../parts/page-header.js';
import { ProblemNotice } from '../../parts/problem-notice.js';
import { RunFilters } from './run-filters.js';
import { RunsTable } from './runs-table.js';
import { SelectionBar } from './selection-bar.js';
import { isFiltered, readFilter, writeFilter } from './runs-url.js';
import styles from './runs-page.module.css';

export function RunsPage() {
  const [search, setSearch] = useSearchParams();
  const filter = useMemo(() => readFilter(search), [search]);
  const setFilter = useCallback(
    (next: RunFilter) => setSearch(writeFilter(next), { replace: true, preventScrollReset: true }),
    [setSearch],
  );
  const { recent } = useLive();
  const list = useInfiniteQuery(runListQuery(filter, recent));
  const runs = useMemo(() => list.data?.pages.flatMap((page) => page.items) ?? [], [list.data]);
  const [selection, setSelection] = useState<RowSelectionState>({});
  const selected = useMemo(() => runs.filter((run) => selection[run.id]), [runs, selection]);

  return (
    <div className={styles.page}>
      <PageHeader title="Runs">
        <ButtonLink to="/submit" look="primary" icon="submit">
          Submit an experiment
        </ButtonLink>
      </PageHeader>
      <RunFilters filter={filter} onChange={setFilter} />
      {list.isError && (
        <ProblemNotice error={list.error} title="The runs cannot be listed" onRetry={() => void list.refetch()} />
      )}
      {list.isPending && <Loading what="runs" lines={8} />}
      {list.isSuccess && runs.length === 0 && (
        <NoRuns isFiltered={isFiltered(filter)} clear={() => setSearch(new URLSearchParams())} />
      )}
      {runs.length > 0 && (
        <RunsTable
          runs={runs}
          filter={filter}
          onSort={setFilter}
          selection={selection}
          onSelect={setSelection}
          hasMore={list.hasNextPage}
          isLoadingMore={list.isFetchingNextPage}
          loadMore={() => void list.fetchNextPage()}
        />
      )}
      <SelectionBar selected={selected} clear={() => setSelection({})} />
    </div>
  );
}

function NoRuns({ isFiltered, clear }: { isFiltered: boolean; clear: () => void }) {
  if (isFiltered) {
    return (
      <EmptyState title="No run matches" action={<Button onClick={clear}>Clear the filter</Button>}>
        No run has this state, pipeline and name together.
      </EmptyState>
    );
  }
  return (
    <EmptyState
      title="No runs yet"
      commands={['npx distillery submit examples/transfer.yaml']}
      action={
        <ButtonLink to="/submit" look="primary">
          Write a spec here
        </ButtonLink>
      }
    >
      An experiment is a page of YAML: a pipeline, a dataset and models. Submit one of the examples, or write your own.
    </EmptyState>
  );
}
