/** What the shell is told. Listed in `distillery --help`; scripts rely on it. */
export const ExitCode = {
  ok: 0,
  /** The command ran and what it was asked for did not come about. */
  failed: 1,
  /** The command line or the spec is wrong: nothing was done. */
  usage: 2,
  /** No server answers. */
  unreachable: 3,
  /** Ctrl-C, as shells have it: 128 + SIGINT. */
  interrupted: 130,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];
