import type { Run } from '#contracts';
import { functionalUpdate, useTable, type RowSelectionState } from '@tanstack/react-table';
import { useVirtualizer, useWindowVirtualizer, type VirtualItem } from '@tanstack/react-virtual';
import { useEffect, useRef, type MouseEvent } from 'react';
import { useNavigate } from 'react-router';
import type { RunFilter } from '../../api/endpoints.js';
import { Icon } from '../../parts/icon.js';
import { useMediaQuery } from '../../parts/use-media-query.js';
import { runColumns, runFeatures } from './run-columns.js';
import { nextSort } from './runs-url.js';
import styles from './runs-table.module.css';

const ROW_PX = 49;
const CARD_PX = 126;

interface RunsTableProps {
  runs: Run[];
  filter: RunFilter;
  onSort(filter: RunFilter): void;
  selection: RowSelectionState;
  onSelect(selection: RowSelectionState): void;
  hasMore: boolean;
  isLoadingMore: boolean;
  loadMore(): void;
}

/**
 * Only the rows in sight are in the document; the next page is fetched when the last row comes near. On a narrow screen
 * each row is a card and the page itself scrolls. The roles are written out because a table that is laid out as cards
 * loses those of its elements.
 */
export function RunsTable(props: RunsTableProps) {
  const { runs, filter, onSort, selection, onSelect, hasMore, isLoadingMore, loadMore } = props;
  const navigate = useNavigate();
  const isNarrow = useMediaQuery('(max-width: 760px)');
  const scroller = useRef<HTMLDivElement>(null);
  const table = useTable({
    features: runFeatures,
    columns: runColumns,
    data: runs,
    getRowId: (run) => run.id,
    state: { rowSelection: selection },
    onRowSelectionChange: (updater) => onSelect(functionalUpdate(updater, selection)),
  });
  const { rows } = table.getRowModel();
  const shared = { count: rows.length, overscan: 8, getItemKey: (index: number) => rows[index].id };
  const inBox = useVirtualizer({
    ...shared,
    enabled: !isNarrow,
    estimateSize: () => ROW_PX,
    getScrollElement: () => scroller.current,
  });
  const inWindow = useWindowVirtualizer({
    ...shared,
    enabled: isNarrow,
    estimateSize: () => CARD_PX,
    scrollMargin: scroller.current?.offsetTop ?? 0,
  });
  const virtualizer = isNarrow ? inWindow : inBox;
  const items: VirtualItem[] = virtualizer.getVirtualItems();
  const margin = isNarrow ? inWindow.options.scrollMargin : 0;
  const before = items.length === 0 ? 0 : items[0].start - margin;
  const after = items.length === 0 ? 0 : virtualizer.getTotalSize() - (items[items.length - 1].end - margin);

  const lastShown = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasMore && !isLoadingMore && lastShown >= rows.length - 10) loadMore();
  }, [hasMore, isLoadingMore, lastShown, rows.length, loadMore]);

  // A press anywhere on a row opens it, as long as it is on nothing that has a meaning of its own.
  const open = (event: MouseEvent, run: Run) => {
    if ((event.target as HTMLElement).closest('a, button, input, label') !== null) return;
    if (window.getSelection()?.isCollapsed === false) return;
    void navigate(`/runs/${run.id}`);
  };

  return (
    <div className={styles.scroller} ref={scroller}>
      <table role="table" aria-label="Runs" aria-rowcount={hasMore ? -1 : rows.length + 1} className={styles.table}>
        <thead role="rowgroup">
          {table.getHeaderGroups().map((group) => (
            <tr key={group.id} role="row" aria-rowindex={1}>
              {group.headers.map((header) => {
                const { sort } = header.column.columnDef.meta ?? {};
                const isSorted = sort !== undefined && filter.sort === sort;
                return (
                  <th
                    key={header.id}
                    role="columnheader"
                    scope="col"
                    className={styles[header.column.id]}
                    aria-sort={isSorted ? (filter.order === 'asc' ? 'ascending' : 'descending') : undefined}
                  >
                    {sort === undefined ? (
                      <table.FlexRender header={header} />
                    ) : (
                      <button type="button" className={styles.sort} onClick={() => onSort(nextSort(filter, sort))}>
                        <table.FlexRender header={header} />
                        {isSorted && <Icon name={filter.order === 'asc' ? 'arrowUp' : 'arrowDown'} size={12} />}
                      </button>
                    )}
                  </th>
                );
              })}
            </tr>
          ))}
        </thead>
        <tbody role="rowgroup">
          {before > 0 && <tr role="presentation" aria-hidden="true" style={{ height: before }} />}
          {items.map((item) => {
            const row = rows[item.index];
            return (
              <tr
                key={row.id}
                ref={virtualizer.measureElement}
                data-index={item.index}
                data-run={row.id}
                role="row"
                aria-rowindex={item.index + 2}
                data-selected={row.getIsSelected() || undefined}
                className={styles.row}
                onClick={(event) => open(event, row.original)}
              >
                {row.getAllCells().map((cell) => (
                  <td key={cell.id} role="cell" className={styles[cell.column.id]}>
                    <table.FlexRender cell={cell} />
                  </td>
                ))}
              </tr>
            );
          })}
          {after > 0 && <tr role="presentation" aria-hidden="true" style={{ height: after }} />}
        </tbody>
      </table>
      {isLoadingMore && (
        <p role="status" className={styles.more}>
          Loading more runs
        </p>
      )}
    </div>
  );
}
