import { isTerminal, LogPageSchema, RunSchema, type LogLine } from '#contracts';
import type { Command } from 'commander';
import { findRun } from '../client/find-run.js';
import type { ApiClient } from '../client/api-client.js';
import { connect, type Context } from '../context.js';
import { examples, serverOptions, type ServerOptions } from '../options.js';

interface LogsOptions extends ServerOptions {
  follow?: boolean;
}

export function logsCommand(program: Command, context: () => Context): void {
  serverOptions(program.command('logs <run>'))
    .description('print the log of a run')
    .option('-f, --follow', 'go on with new lines until the run has ended')
    .addHelpText('after', examples('distillery logs latest:transfer-cifar10 --follow'))
    .action((reference: string, options: LogsOptions) => logs(context(), reference, options));
}

async function logs(context: Context, reference: string, { url, json, follow }: LogsOptions): Promise<void> {
  const { terminal, interrupted } = context;
  const client = await connect(context, url);
  const run = await findRun(client, reference);
  let after = -1;
  const print = (line: LogLine) => {
    if (line.seq <= after) return;
    after = line.seq;
    if (json) terminal.print(JSON.stringify(line));
    else terminal.print(renderLine(terminal, line, run.attempt > 1));
  };
  const catchUp = async () => {
    for await (const line of linesAfter(client, run.id, after)) print(line);
  };
  await catchUp();
  if (!follow || isTerminal(run.state)) return;
  const stop = new AbortController();
  const signal = AbortSignal.any([interrupted, stop.signal]);
  // What was written between the listing and the stream's opening, and whether the run has ended since.
  let caughtUp: Promise<void> | undefined;
  const onConnected = () => {
    caughtUp = (async () => {
      await catchUp();
      if (isTerminal((await client.get(`runs/${run.id}`, RunSchema)).state)) await end();
    })();
    caughtUp.catch(() => stop.abort());
  };
  const end = async () => {
    await catchUp();
    stop.abort();
  };
  for await (const event of client.events({ run: run.id, signal, onConnected })) {
    await caughtUp;
    if (event.type === 'logs' && event.runId === run.id) {
      // The stream may have lost nothing, but a line that came out of order would be skipped: read on from the last one.
      if (event.lines.some((line) => line.seq > after + 1)) await catchUp();
      event.lines.forEach(print);
    } else if (event.type === 'reset') await catchUp();
    else if (event.type === 'run' && event.run.id === run.id && isTerminal(event.run.state)) await end();
  }
  await caughtUp;
}

async function* linesAfter(client: ApiClient, id: string, after: number): AsyncGenerator<LogLine> {
  let cursor: string | undefined = after < 0 ? undefined : String(after);
  for (;;) {
    const page: { items: LogLine[]; next: string | null } = await client.get(`runs/${id}/logs`, LogPageSchema, {
      after: cursor,
      limit: 500,
    });
    yield* page.items;
    if (page.next === null) return;
    cursor = page.next;
  }
}

const COLOURS = { debug: 'gray', info: 'reset', warn: 'yellow', error: 'red' } as const;

function renderLine(terminal: Context['terminal'], line: LogLine, showAttempt: boolean): string {
  const clock = new Date(line.at).toTimeString().slice(0, 8);
  const attempt = showAttempt ? ` #${line.attempt}` : '';
  const level = line.level === 'info' ? '' : `${line.level}: `;
  return `${terminal.paint('gray', `${clock}${attempt}`)} ${terminal.paint(COLOURS[line.level], `${level}${line.message}`)}`;
}
