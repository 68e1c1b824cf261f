import { describe, expect, it } from 'vitest';
import { runCommand } from './run-command.js';

const node = (script: string, options = {}) => runCommand(process.execPath, ['-e', script], options);

describe('runCommand', () => {
  it('gives the exit code and what was written to both streams', async () => {
    expect(await node('console.log("out"); console.error("err"); process.exitCode = 3')).toEqual({
      code: 3,
      output: expect.stringMatching(/out\nerr|err\nout/),
    });
  });

  it('says that a program does not exist, and leaves no timer that keeps the process alive', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    const { code, startError } = await runCommand('no-such-program', [], { timeoutMs: 60_000 });
    expect([code, startError?.code]).toEqual([undefined, 'ENOENT']);
    expect(timers()).toBe(before);
  });

  it('kills a program that takes too long', async () => {
    expect((await node('setInterval(() => {}, 1000)', { timeoutMs: 300 })).code).toBeUndefined();
  });

  it('kills the program on abort and rejects with the reason', async () => {
    const abort = new AbortController();
    const running = node('setInterval(() => {}, 1000)', { signal: abort.signal });
    abort.abort(new Error('enough'));
    await expect(running).rejects.toThrow('enough');
  });
});
