import { nearest } from '#contracts';
import type { Command } from 'commander';
import { UsageError } from './cli-error.js';

/**
 * Of a group such as `schedules` whose default is `ls`: a word that is no subcommand reaches the default as an argument.
 * It is answered as any unknown command is.
 */
export function refuseUnknownSubcommand(listing: Command): void {
  const [word] = listing.args;
  if (word === undefined) return;
  const group = listing.parent!;
  const names = group.commands.map((command) => command.name());
  const meant = nearest(word, names);
  throw new UsageError(
    `unknown command '${group.name()} ${word}'`,
    meant === undefined ? `there are: ${names.join(', ')}` : `did you mean "${group.name()} ${meant}"?`,
  );
}
