import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { INSTALLATION } from './installation.js';
import { createProgram } from './program.js';

const program = createProgram(() => {
  throw new Error('no command is run here');
});

/** Every command that does something, with the words that name it. */
function commands(group: Command = program, words: readonly string[] = []): { words: string[]; command: Command }[] {
  return group.commands.flatMap((command) => {
    const named = [...words, command.name()];
    return command.commands.length > 0 ? commands(command, named) : [{ words: named, command }];
  });
}

function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({ writeOut: (part) => (text += part) });
  command.outputHelp();
  return text;
}

const examplesIn = (text: string) =>
  [...text.matchAll(/(?:^|[\s$])distillery ((?!COMMAND)[^\n`"#]*)/gm)].map(([, line]) => line);

/** What is wrong with a line that claims to be one of ours; it is not run. */
function wrongWith(line: string): string | undefined {
  const words: string[] = line.match(/(?:'[^']*'|[^\s'])+/g) ?? [];
  let command = program;
  while (words.length > 0) {
    const next = command.commands.find((each) => each.name() === words[0] || each.aliases().includes(words[0]));
    if (next === undefined) break;
    command = next;
    words.shift();
  }
  if (command === program) return `no such command: ${line}`;
  if (command.commands.length > 0) command = command.commands.find((each) => each.name() === 'ls') ?? command;
  let operands = 0;
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (!word.startsWith('-')) operands++;
    else {
      const option = command.options.find((each) => each.long === word || each.short === word);
      if (option === undefined) return `${word} is no option of "${command.name()}": ${line}`;
      if (option.required) words.shift();
      while (option.variadic && words.length > 0 && !words[0].startsWith('-')) words.shift();
    }
  }
  const { registeredArguments } = command;
  const required = registeredArguments.filter((each) => each.required).length;
  const most = registeredArguments.some((each) => each.variadic) ? Infinity : registeredArguments.length;
  return operands >= required && operands <= most ? undefined : `${operands} arguments: ${line}`;
}

describe('the command line', () => {
  it.each(commands().map((each) => ({ ...each, name: each.words.join(' ') })))(
    '$name has a description and an example that is right',
    ({ command }) => {
      expect(command.description()).toMatch(/\w/);
      const examples = examplesIn(helpOf(command).split('Examples:')[1] ?? '');
      expect(examples.length).toBeGreaterThan(0);
      expect(examples.map(wrongWith).filter((each) => each !== undefined)).toEqual([]);
    },
  );

  it.each(['README.md', 'docs/cli.md'])('is as %s says', (file) => {
    const lines = examplesIn(readFileSync(path.join(INSTALLATION, file), 'utf8'));
    expect(lines.length).toBeGreaterThan(5);
    expect(lines.map(wrongWith).filter((each) => each !== undefined)).toEqual([]);
  });

  it('has every command in docs/cli.md', () => {
    const text = readFileSync(path.join(INSTALLATION, 'docs/cli.md'), 'utf8');
    const missing = commands().filter(
      ({ words }) => !text.includes(`distillery ${words.join(' ').replace(/ ls$/, '')}`),
    );
    expect(missing.map(({ words }) => words.join(' '))).toEqual([]);
  });

  it('has --json on every command that lists or looks', () => {
    const silent = commands().filter(({ command }) => !command.options.some((option) => option.long === '--json'));
    expect(silent.map(({ words }) => words.join(' '))).toEqual(['start', 'api', 'worker']);
  });
});
