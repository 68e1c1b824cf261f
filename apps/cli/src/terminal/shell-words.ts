/** An argument as a shell takes it: quoted where it must be. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** The command by which a person of this system opens a file in the program that is for it. */
export function openCommand(file: string, platform: NodeJS.Platform = process.platform): string {
  if (platform === 'win32') return `start "" "${file}"`;
  return `${platform === 'darwin' ? 'open' : 'xdg-open'} ${shellWord(file)}`;
}
