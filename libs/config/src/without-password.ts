/**
 * The text with the password of every URL in it replaced by `***`, so that it can be logged and shown in an error.
 * A password that holds a raw `@` or `/` is covered as well: the credentials reach to the last `@` before a space or quote.
 */
export function withoutPassword(text: string): string {
  return text.replace(/([a-z][a-z0-9+.-]*:\/\/)([^\s:@/"'`]*):([^\s"'`]*)@/gi, '$1$2:***@');
}
