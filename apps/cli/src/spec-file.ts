import { parseSpec, parseSpecText, placeIssues, setPath, MAX_SPEC_BYTES, type Spec, type SpecIssue } from '#contracts';
import { parse } from 'yaml';
import { CliError, UsageError } from './cli-error.js';
import { ExitCode } from './exit-code.js';
import { readNamedFile } from './context.js';
import { renderIssues } from './spec-errors.js';

/** A spec that was read, with what is needed to show an error of the server beside its line. */
export interface SpecFile {
  spec: Spec;
  /** An error that shows these issues in the file. */
  errorOf(issues: readonly SpecIssue[]): SpecFileError;
}

/** The spec is wrong; the message shows where, as a compiler would. */
export class SpecFileError extends CliError {
  override name = 'SpecFileError';

  constructor(readonly lines: readonly string[]) {
    super(lines.join('\n'), { exitCode: ExitCode.usage });
  }
}

/**
 * Reads a spec (YAML or JSON) and applies `--set key=value` to it: dotted keys, values in YAML.
 * @throws SpecFileError listing every issue at its line
 */
export async function readSpecFile(file: string, settings: readonly string[] = []): Promise<SpecFile> {
  const text = await readNamedFile(file);
  const assignments = settings.map(parseSetting);
  const errorOf = (issues: readonly SpecIssue[]) => new SpecFileError(render(file, text, assignments, issues));
  const parsed = assignments.length === 0 ? parseSpecText(text) : parseWithSettings(text, assignments);
  if (!parsed.ok) throw errorOf(parsed.issues);
  return { spec: parsed.spec, errorOf };
}

interface Setting {
  key: string;
  value: unknown;
  text: string;
}

function parseSetting(text: string): Setting {
  const at = text.indexOf('=');
  if (at < 1) throw new UsageError(`--set ${text}: write it as key=value`, 'for example --set training.epochs=3');
  try {
    return { key: text.slice(0, at).trim(), value: parse(text.slice(at + 1)) as unknown, text };
  } catch (error) {
    throw new UsageError(`--set ${text}: ${(error as Error).message.split('\n')[0]}`, 'quote the value, as in YAML');
  }
}

function parseWithSettings(text: string, settings: readonly Setting[]) {
  // The file alone may be wrong where a setting puts it right; a syntax error can't be.
  const alone = parseSpecText(text);
  if (!alone.ok && alone.issues.some((issue) => issue.path === '')) return alone;
  if (Buffer.byteLength(text) > MAX_SPEC_BYTES) return alone;
  const value: unknown = parse(text, { maxAliasCount: 100 });
  for (const { key, value: setting } of settings) setPath(value as Record<string, unknown>, key, setting);
  return parseSpec(value);
}

/** An issue of a field that `--set` gave is the command line's; all others have a line in the file. */
function render(file: string, text: string, settings: readonly Setting[], issues: readonly SpecIssue[]): string[] {
  const ofSetting = (issue: SpecIssue) =>
    settings.find(
      ({ key }) => issue.path === key || issue.path.startsWith(`${key}.`) || key.startsWith(`${issue.path}.`),
    );
  const inFile = issues.filter((issue) => ofSetting(issue) === undefined);
  const placed = inFile.map((issue) => (issue.line === undefined ? placeIssues(text, [issue])[0] : issue));
  const given = issues.filter((issue) => !inFile.includes(issue));
  return [
    ...renderIssues(file, text, placed),
    ...given.map((issue) => `--set ${ofSetting(issue)!.text}: error: ${issue.path}: ${issue.message}`),
  ];
}
