import { parseSpecText } from '#contracts';
import { describe, expect, it } from 'vitest';
import { renderIssues } from './spec-errors.js';

function render(text: string): string[] {
  const parsed = parseSpecText(text);
  return parsed.ok ? [] : renderIssues('a.yaml', text, parsed.issues);
}

const head = 'name: a\npipeline: transfer\ndataset: { name: cifar10 }\n';

describe('renderIssues', () => {
  it('shows the line of an unknown key with a caret below it', () => {
    expect(render(`${head}backbone:\n  model: mobilenet_v2\n  frozen: true\n`)).toEqual([
      'a.yaml:6:3: error: backbone.frozen: unknown key; did you mean "freeze"?',
      '    6 |   frozen: true',
      '      |   ^~~~~~',
    ]);
  });

  it('shows all issues, each at its own line', () => {
    const lines = render(`${head}backbone: { model: mobilenet_v2 }\nseeds: x\ntraining: { epochs: many }\n`);
    expect(lines.filter((line) => line.startsWith('a.yaml'))).toEqual([
      expect.stringMatching(/^a\.yaml:6:13: error: training\.epochs: /),
      expect.stringMatching(/^a\.yaml:5:1: error: seeds: /),
    ]);
  });

  it('keeps the caret below its character after a tab', () => {
    const [, line, caret] = renderIssues('a.yaml', '\tx: 1', [{ path: 'x', message: 'bad', line: 1, column: 2 }]);
    expect([line, caret]).toEqual(['    1 | \tx: 1', '      | \t^']);
  });

  it('shows a syntax error at its place', () => {
    expect(render('name: [a\n')[0]).toMatch(/^a\.yaml:2:1: error: /);
  });

  it('is one line for an issue that has no place', () => {
    expect(renderIssues('a.yaml', '', [{ path: 'seeds', message: 'bad' }])).toEqual(['a.yaml: error: seeds: bad']);
  });
});
