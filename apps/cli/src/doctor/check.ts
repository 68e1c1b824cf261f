/** What was looked at, how it is, and what to do about it. */
export interface Check {
  name: string;
  /** `warning`: slower or smaller than it could be. `problem`: something will not work. */
  status: 'ok' | 'warning' | 'problem';
  /** One line: what was found. */
  detail: string;
  /** What to do next, in words; with every warning and problem. */
  remedy?: string;
}

export function hasProblem(checks: readonly Check[]): boolean {
  return checks.some(({ status }) => status === 'problem');
}
