const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whether Postgres will take this for a uuid: an id that is none names nothing, and needs no query to say so. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}
