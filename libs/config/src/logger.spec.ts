import { Writable } from 'node:stream';
import type { LogLevel } from '#contracts';
import { describe, expect, it } from 'vitest';
import { Logger } from './logger.js';

function record(options: { level?: LogLevel; isTTY?: boolean } = {}) {
  const lines: string[] = [];
  const sink = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      lines.push(chunk.toString());
      done();
    },
  });
  const stream = Object.assign(sink, { isTTY: options.isTTY === true });
  const now = () => new Date('2026-03-01T10:20:30.400Z');
  return { lines, logger: new Logger({ level: options.level, service: 'worker', stream, now }) };
}
const parsed = (line: string) => JSON.parse(line) as Record<string, unknown>;

describe('Logger', () => {
  it('writes one JSON line with the time, level, service, message and fields', () => {
    const { lines, logger } = record();
    logger.info('run taken', { runId: 'r1', attempt: 2 });
    expect(lines).toEqual([expect.stringMatching(/\n$/)]);
    expect(parsed(lines[0])).toEqual({
      time: '2026-03-01T10:20:30.400Z',
      level: 'info',
      service: 'worker',
      message: 'run taken',
      runId: 'r1',
      attempt: 2,
    });
  });

  it('writes a readable line on a terminal, the stack below it', () => {
    const { lines, logger } = record({ isTTY: true });
    logger.error('cannot upload', Object.assign(new Error('disk full'), { stack: 'Error: disk full\n    at x' }));
    expect(lines.join('')).toBe('10:20:30 error cannot upload error="disk full"\nError: disk full\n    at x\n');
  });

  it('leaves out what is below its level', () => {
    const { lines, logger } = record({ level: 'warn' });
    logger.debug('a');
    logger.log('b');
    logger.warn('c');
    logger.fatal('d');
    expect(lines.map((line) => parsed(line).message)).toEqual(['c', 'd']);
  });

  it('takes what Nest passes: a context, and a stack with an error', () => {
    const { lines, logger } = record();
    logger.log('Mapped {/runs, GET} route', 'RouterExplorer');
    logger.error('boom', 'Error: boom\n    at handler', 'ExceptionsHandler');
    expect(parsed(lines[0])).toMatchObject({ context: 'RouterExplorer' });
    expect(parsed(lines[1])).toMatchObject({ context: 'ExceptionsHandler', stack: 'Error: boom\n    at handler' });
  });

  it('tells what an error was caused by', () => {
    const { lines, logger } = record();
    logger.error(new Error('cannot publish', { cause: new Error('connection refused') }));
    expect(parsed(lines[0])).toMatchObject({ message: 'cannot publish' });
    expect(parsed(lines[0]).stack).toMatch(/cannot publish(.|\n)*caused by Error: connection refused/);
  });

  it('masks passwords and fields with the name of a secret, at any depth', () => {
    const { lines, logger } = record();
    logger.info('connected to postgres://ana:hunter2@db/lab', {
      token: 'hunter2',
      nested: { secretKey: 'hunter2', url: 'redis://:hunter2@cache' },
      failure: new Error('cannot reach redis://:hunter2@cache'),
    });
    expect(lines[0]).not.toContain('hunter2');
    expect(parsed(lines[0])).toMatchObject({ message: 'connected to postgres://ana:***@db/lab', token: '***' });
  });

  it('survives fields that JSON cannot hold', () => {
    const { lines, logger } = record();
    const circular: Record<string, unknown> = { size: 3n };
    logger.info('big', circular);
    circular.self = circular;
    logger.info('round', circular);
    expect(lines.map((line) => parsed(line).message)).toEqual(['big', 'round']);
    expect(parsed(lines[0])).toMatchObject({ size: '3' });
  });
});
