import { PIPELINES, RUN_SORTS, RUN_STATES, type RunState } from '#contracts';
import type { RunFilter } from '../../api/endpoints.js';

/** The table's filter and order live in the address, so that a view can be shared, bookmarked and gone back to. */
export function readFilter(search: URLSearchParams): RunFilter {
  const states = (search.get('state') ?? '').split(',');
  const pipeline = search.get('pipeline') ?? '';
  const sort = search.get('sort') ?? '';
  return {
    state: RUN_STATES.filter((state) => states.includes(state)),
    pipeline: (PIPELINES as readonly string[]).includes(pipeline) ? pipeline : undefined,
    search: (search.get('search') ?? '').slice(0, 200),
    sort: (RUN_SORTS as readonly string[]).includes(sort) ? sort : 'createdAt',
    order: search.get('order') === 'asc' ? 'asc' : 'desc',
  };
}

/** What is at its default is left out, so that the plain address is the plain view. */
export function writeFilter(filter: RunFilter): URLSearchParams {
  const search = new URLSearchParams();
  if (filter.search !== '') search.set('search', filter.search);
  if (filter.state.length > 0) search.set('state', filter.state.join(','));
  if (filter.pipeline !== undefined) search.set('pipeline', filter.pipeline);
  if (filter.sort !== 'createdAt') search.set('sort', filter.sort);
  if (filter.order !== 'desc') search.set('order', filter.order);
  return search;
}

export function toggleState(states: readonly RunState[], state: RunState): RunState[] {
  return RUN_STATES.filter((each) => (each === state) !== states.includes(each));
}

/** A column's first press sorts it from its most interesting end, the second turns it round. */
export function nextSort(filter: RunFilter, sort: string): RunFilter {
  if (filter.sort === sort) return { ...filter, order: filter.order === 'desc' ? 'asc' : 'desc' };
  return { ...filter, sort, order: ['experimentName', 'state'].includes(sort) ? 'asc' : 'desc' };
}

export function isFiltered(filter: RunFilter): boolean {
  return filter.state.length > 0 || filter.pipeline !== undefined || filter.search.trim() !== '';
}
