import { InvalidArgumentError, type Command } from 'commander';
import { collectOutputs, listOutputs, verifyOutputs, type StoredEntry, type VerifiedEntry } from '#teacher-outputs';
import { CliError } from '../cli-error.js';
import type { Context } from '../context.js';
import { refuseUnknownSubcommand } from '../default-subcommand.js';
import { examples } from '../options.js';
import { table, type Column } from '../terminal/table.js';
import { bytes, duration, moment } from '../terminal/units.js';

interface CacheOptions {
  json?: boolean;
}

interface GcOptions extends CacheOptions {
  unused?: number;
  most?: number;
  dryRun?: boolean;
}

const UNITS_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 };
const UNITS_BYTES: Readonly<Record<string, number>> = { '': 1, kb: 1e3, mb: 1e6, gb: 1e9, tb: 1e12 };

/** What networks have said of images, as this machine keeps it (`libs/teacher-outputs`). */
export function cacheCommand(program: Command, context: () => Context): void {
  const cache = program.command('cache').description('what teachers have said of images, kept on this machine');
  cache
    .command('ls', { isDefault: true })
    .description('list what is kept, the last used first')
    .option('--json', 'print JSON')
    .addHelpText('after', examples('distillery cache ls', 'distillery cache ls --json'))
    .allowExcessArguments()
    .action((options: CacheOptions, command: Command) => {
      refuseUnknownSubcommand(command);
      return list(context(), options);
    });
  cache
    .command('verify')
    .description('read all of it, and check it against its checksums')
    .option('--json', 'print JSON')
    .addHelpText('after', examples('distillery cache verify'))
    .action((options: CacheOptions) => verify(context(), options));
  cache
    .command('gc')
    .description('make room; what a run is adding to stays')
    .option('--unused <time>', 'remove what was not asked for in so long, such as 12h or 2w (default: 30d)', parseTime)
    .option('--most <size>', 'keep at most so much, such as 500MB or 4GB, of what was used last', parseSize)
    .option('--dry-run', 'say what would be removed, and leave it')
    .option('--json', 'print JSON')
    .addHelpText('after', examples('distillery cache gc', 'distillery cache gc --most 2GB --dry-run'))
    .action((options: GcOptions) => gc(context(), options));
}

const COLUMNS: Column<StoredEntry>[] = [
  { title: 'ENTRY', value: ({ address }) => address.slice(0, 12) },
  { title: 'NETWORK', value: ({ about }) => about?.network ?? '?', shrinks: true },
  { title: 'OUTPUT', value: ({ about }) => (about === null ? '?' : `${about.output} × ${about.width}`) },
  { title: 'IMAGES', value: ({ about }) => [about?.images ?? '?', about?.view].filter(Boolean).join(', ') },
  { title: 'ENGINE', value: ({ about }) => about?.engine ?? '?' },
  { title: 'SIZE', value: (entry) => bytes(entry.bytes), align: 'right' },
  { title: 'USED', value: ({ usedAt, inUse }) => (inUse ? 'now' : moment(usedAt)) },
];

async function list({ terminal, config }: Context, { json }: CacheOptions): Promise<void> {
  const entries = await listOutputs(config.cacheFolder);
  if (json) return terminal.json(entries);
  if (entries.length === 0) return terminal.note('nothing is kept yet; a distillation fills it');
  for (const line of table(COLUMNS, entries, terminal.width)) terminal.print(line);
}

async function verify({ terminal, config }: Context, { json }: CacheOptions): Promise<void> {
  const entries = await verifyOutputs(config.cacheFolder);
  const damaged = entries.flatMap(({ address, damaged }) => damaged.map((file) => ({ address, ...file })));
  if (json) terminal.json(entries);
  else if (entries.length === 0) terminal.note('nothing is kept yet');
  else {
    const columns: Column<VerifiedEntry>[] = [
      ...(COLUMNS.slice(0, 3) as Column<VerifiedEntry>[]),
      { title: 'ROWS', value: ({ rows }) => String(rows), align: 'right' },
      { title: 'ERROR', value: ({ largestError }) => largestError.toPrecision(2), align: 'right' },
      { title: 'COMPUTED IN', value: ({ deviceSeconds }) => duration(deviceSeconds * 1000), align: 'right' },
      { title: 'DAMAGED', value: (entry) => (entry.damaged.length === 0 ? '-' : String(entry.damaged.length)) },
    ];
    for (const line of table(columns, entries, terminal.width)) terminal.print(line);
  }
  if (damaged.length === 0) return;
  for (const { address, file, reason } of damaged) terminal.note(`${address}/${file}: ${reason}`);
  throw new CliError(`${damaged.length} of the files kept are damaged`, {
    remedy: 'a run that meets one computes it anew; "distillery cache gc --most 0" removes all that is kept',
  });
}

async function gc(
  { terminal, config }: Context,
  { json, unused = 30 * UNITS_MS.d, most, dryRun }: GcOptions,
): Promise<void> {
  const found = await collectOutputs(config.cacheFolder, { unusedForMs: unused, mostBytes: most, dryRun });
  if (json) return terminal.json(found);
  for (const line of found.removed.length > 0 ? table(COLUMNS, found.removed, terminal.width) : []) {
    terminal.print(line);
  }
  const entries = count(found.removed.length, 'entry', 'entries');
  const files = count(found.leftovers.length, 'leftover file', 'leftover files');
  terminal.note(`${dryRun ? 'would remove' : 'removed'} ${entries} and ${files}, ${bytes(found.bytes)}`);
}

function count(number: number, one: string, several: string): string {
  return `${number} ${number === 1 ? one : several}`;
}

/** `30d` → milliseconds. */
function parseTime(text: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)([mhdw])$/.exec(text) ?? [];
  if (amount === undefined) throw new InvalidArgumentError('It must be a number of m, h, d or w, such as 30d.');
  return Number(amount) * UNITS_MS[unit];
}

/** `4GB` → bytes; powers of ten, as sizes are shown. */
function parseSize(text: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)\s*([kmgt]?b)?$/i.exec(text) ?? [];
  if (amount === undefined) throw new InvalidArgumentError('It must be a size, such as 500MB or 4GB.');
  return Number(amount) * UNITS_BYTES[(unit ?? '').toLowerCase().replace(/^b$/, '')];
}
