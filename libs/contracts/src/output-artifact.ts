/** A chunk of rows, or what the rows of an address are. */
const NAME = /^outputs\/([0-9a-f]{64})\/(?:[0-9a-f]{64}\.rows|entry\.json)$/;

/**
 * What a teacher has said is kept as artifacts, under the names that its files have below a cache's folder.
 * @returns the address of the outputs that an artifact of this name belongs to; `null` for any other
 */
export function outputAddress(name: string): string | null {
  return NAME.exec(name)?.[1] ?? null;
}
