import { isMap, isScalar, LineCounter, parseDocument, type Document } from 'yaml';
import { issuesOf, type SpecIssue } from './spec-issues.js';
import { resolveLadder } from './ladder.js';
import { expandRuns } from './matrix.js';
import { SpecSchema, type Spec } from './spec.js';

/** A spec is a page of text; anything larger is a mistake and is refused before it is parsed. Bytes. */
export const MAX_SPEC_BYTES = 64 * 1024;

/** Further syntax errors of a text mostly follow from the first ones. */
const MAX_SYNTAX_ISSUES = 20;

export type ParsedSpec = { ok: true; spec: Spec } | { ok: false; issues: SpecIssue[] };

/** Checks a spec that is already an object. All issues are listed at once, those of matrix points included. */
export function parseSpec(input: unknown): ParsedSpec {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    return { ok: false, issues: [{ path: '', message: 'a spec is an object with "name", "pipeline" and "dataset"' }] };
  }
  const { resolved, issues: ofLadder } = resolveLadder(input as Record<string, unknown>);
  if (ofLadder.length > 0) return { ok: false, issues: ofLadder };
  const parsed = SpecSchema.safeParse(resolved);
  if (!parsed.success) return { ok: false, issues: asWritten(issuesOf(parsed.error, resolved, SpecSchema), input) };
  const { matrix } = input as { matrix?: unknown };
  // The one key that zod's records leave out without a word.
  if (typeof matrix === 'object' && matrix !== null && Object.hasOwn(matrix, '__proto__')) {
    return { ok: false, issues: [{ path: 'matrix.__proto__', message: 'unknown key; name a field of the spec' }] };
  }
  const { issues } = expandRuns(parsed.data);
  return issues.length > 0 ? { ok: false, issues: asWritten(issues, input) } : { ok: true, spec: parsed.data };
}

/** Of a ladder, which is read as arms, the paths that the person wrote; what they share is the first arm's too. */
function asWritten(issues: readonly SpecIssue[], input: object): SpecIssue[] {
  if (!Object.hasOwn(input, 'ladder')) return [...issues];
  const [first] = Object.keys((input as { ladder: object }).ladder);
  return issues.map((issue) => {
    const [key] = issue.path.split('.');
    if (key === 'arms') return { ...issue, path: `ladder${issue.path.slice('arms'.length)}` };
    return Object.hasOwn(input, key) ? issue : { ...issue, path: `ladder.${first}.${issue.path}` };
  });
}

/** Parses YAML (or JSON, which is YAML) and places every issue at its line. */
export function parseSpecText(text: string): ParsedSpec {
  const bytes = new TextEncoder().encode(text).length;
  if (bytes > MAX_SPEC_BYTES) {
    const message = `the spec is ${bytes} bytes long; at most ${MAX_SPEC_BYTES} are accepted`;
    return { ok: false, issues: [{ path: '', message, line: 1, column: 1 }] };
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    return {
      ok: false,
      issues: document.errors.slice(0, MAX_SYNTAX_ISSUES).map((error) => {
        const { line, col } = lines.linePos(error.pos[0]);
        const tooDeep = error.message.includes('call stack');
        return { path: '', message: tooDeep ? 'is nested too deeply' : error.message, line, column: col };
      }),
    };
  }
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    return { ok: false, issues: [{ path: '', message: (error as Error).message, line: 1, column: 1 }] };
  }
  const result = parseSpec(value);
  if (result.ok) return result;
  return { ok: false, issues: result.issues.map((issue) => ({ ...issue, ...position(document, lines, issue.path) })) };
}

/** Places issues that were found elsewhere (by the server, say) at the lines of the text that the spec was read from. */
export function placeIssues(text: string, issues: readonly SpecIssue[]): SpecIssue[] {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  return issues.map((issue) => ({ ...issue, ...position(document, lines, issue.path) }));
}

/** Position of the key (or, for an element of a list, the value) that a dotted path names; else of its nearest parent. */
function position(document: Document, lines: LineCounter, path: string): { line: number; column: number } {
  const keys = path === '' ? [] : path.split('.');
  for (let depth = keys.length; depth > 0; depth--) {
    const parent: unknown = depth === 1 ? document.contents : document.getIn(keys.slice(0, depth - 1), true);
    const key = keys[depth - 1];
    const rest = keys.slice(depth - 1).join('.');
    const pair = isMap(parent)
      ? parent.items.find((item) => isScalar(item.key) && [key, rest].includes(String(item.key.value)))
      : undefined;
    const node: unknown = pair?.key ?? (isMap(parent) ? undefined : document.getIn(keys.slice(0, depth), true));
    const range = (node as { range?: [number, number, number] } | undefined)?.range;
    if (range !== undefined) {
      const { line, col } = lines.linePos(range[0]);
      return { line, column: col };
    }
  }
  return { line: 1, column: 1 };
}
