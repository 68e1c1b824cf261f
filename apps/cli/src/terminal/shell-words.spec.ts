import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { openCommand, shellWord } from './shell-words.js';

const words = ['runs/pets/report.html', 'it\'s $HOME `x` "y"', 'a b', '', '~', '*'];

describe('shellWord', () => {
  it.skipIf(process.platform === 'win32').each(words)('comes out of a shell as it was: %j', (word) => {
    expect(execFileSync('sh', ['-c', `printf %s ${shellWord(word)}`], { encoding: 'utf8' })).toBe(word);
  });

  it('leaves alone what needs no quotes', () => expect(shellWord(words[0])).toBe(words[0]));
});

describe('openCommand', () => {
  it.each([
    ['linux', "xdg-open 'my runs/report.html'"],
    ['darwin', "open 'my runs/report.html'"],
    ['win32', 'start "" "my runs/report.html"'],
  ] as const)('is the one of %s', (platform, command) => {
    expect(openCommand('my runs/report.html', platform)).toBe(command);
  });
});
