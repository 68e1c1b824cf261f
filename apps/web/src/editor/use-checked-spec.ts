import { expandRuns, parseSpecText, placeIssues, type RunPlan, type Spec, type SpecIssue } from '#contracts';
import { useDeferredValue, useMemo } from 'react';
import { ApiProblem } from '../api/problem.js';

export interface CheckedSpec {
  /** Undefined while there are issues. */
  spec: Spec | undefined;
  plans: RunPlan[];
  issues: SpecIssue[];
}

const NONE: SpecIssue[] = [];

/**
 * Checks the text as it is typed, by the very schema that the server uses; what the server refused of this same text is
 * added at its lines.
 */
export function useCheckedSpec(text: string, refused?: { text: string; error: Error | null }): CheckedSpec {
  const settled = useDeferredValue(text);
  const checked = useMemo(() => {
    if (settled.trim() === '') return { spec: undefined, plans: [], issues: NONE };
    const parsed = parseSpecText(settled);
    if (!parsed.ok) return { spec: undefined, plans: [], issues: parsed.issues };
    return { spec: parsed.spec, plans: expandRuns(parsed.spec).plans, issues: NONE };
  }, [settled]);
  const serverIssues = useMemo(() => {
    if (refused === undefined || refused.text !== settled || !(refused.error instanceof ApiProblem)) return NONE;
    return placeIssues(
      settled,
      (refused.error.problem.errors ?? []).map(({ path, message }) => ({ path: path.replace(/^spec\./, ''), message })),
    );
  }, [refused, settled]);
  return serverIssues.length === 0 ? checked : { ...checked, issues: [...checked.issues, ...serverIssues] };
}
