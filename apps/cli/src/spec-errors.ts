import type { SpecIssue } from '#contracts';

/**
 * Issues as a compiler prints them: `file:line:column`, the message, the line, and a caret below the place.
 * An issue without a position (of a `--set`, say) is its message alone.
 */
export function renderIssues(file: string, text: string, issues: readonly SpecIssue[]): string[] {
  const source = text.split(/\r?\n/);
  return issues.flatMap((issue) => {
    const message = issue.path === '' ? issue.message : `${issue.path}: ${issue.message}`;
    if (issue.line === undefined) return [`${file}: error: ${message}`];
    const column = issue.column ?? 1;
    const head = `${file}:${issue.line}:${column}: error: ${message}`;
    const line = source[issue.line - 1];
    if (line === undefined || line.length > 500) return [head];
    const number = String(issue.line).padStart(5);
    // Tabs stay tabs, so that the caret stands below its character.
    const indent = line.slice(0, column - 1).replace(/[^\t]/g, ' ');
    return [
      head,
      `${number} | ${line}`,
      `${' '.repeat(number.length)} | ${indent}^${underline(line.slice(column - 1))}`,
    ];
  });
}

/** As long as the word at the place, less the caret. */
function underline(rest: string): string {
  const word = /^[\w.@/"'-]+/.exec(rest)?.[0] ?? '';
  return '~'.repeat(Math.max(0, word.length - 1));
}
