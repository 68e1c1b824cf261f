/** More than the lists of the largest network take, bytes: its numbers are in none of them. */
const MAX_LIST_BYTES = 16 * 1024 ** 2;

/** What the tables of one buffer share. */
interface FlatBuffer {
  readonly view: DataView;
  /** Bytes that lists and texts may still take: any number of tables may name the same one. */
  left: number;
  refuse(reason: string): never;
}

/**
 * A table of a FlatBuffer (https://flatbuffers.dev/internals): fields by number, any of which may be absent. Every offset
 * is checked against the buffer before it is followed; what lies outside throws a RangeError. A list or text is refused,
 * by the name that it is called here, before anything of it is built where it reaches beyond the buffer, has more entries
 * than it may, or takes with those before it more than `MAX_LIST_BYTES`.
 */
export class FlatTable {
  private readonly vtable: number;
  private readonly vtableBytes: number;

  private constructor(
    private readonly buffer: FlatBuffer,
    private readonly position: number,
  ) {
    this.vtable = position - buffer.view.getInt32(position, true);
    this.vtableBytes = buffer.view.getUint16(this.vtable, true);
  }

  static root(bytes: Uint8Array, refuse: FlatBuffer['refuse']): FlatTable {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return new FlatTable({ view, left: MAX_LIST_BYTES, refuse }, view.getUint32(0, true));
  }

  int8(field: number): number {
    const at = this.place(field);
    return at === undefined ? 0 : this.buffer.view.getInt8(at);
  }

  int32(field: number): number {
    const at = this.place(field);
    return at === undefined ? 0 : this.buffer.view.getInt32(at, true);
  }

  uint32(field: number): number {
    const at = this.place(field);
    return at === undefined ? 0 : this.uint32At(at);
  }

  table(field: number): FlatTable | undefined {
    const at = this.place(field);
    return at === undefined ? undefined : this.tableFrom(at);
  }

  /** Bytes of the buffer itself, not a copy. */
  bytes(field: number, name: string): Uint8Array {
    const { start, length } = this.vector(field, name, 1);
    return new Uint8Array(this.buffer.view.buffer, this.buffer.view.byteOffset + start, length);
  }

  text(field: number, name: string): string {
    const bytes = this.bytes(field, name);
    this.spend(bytes.length, name);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
  }

  int32s(field: number, name: string, most: number): number[] {
    return this.list(field, name, most, (at) => this.buffer.view.getInt32(at, true));
  }

  tables(field: number, name: string, most: number): FlatTable[] {
    return this.list(field, name, most, (at) => this.tableFrom(at));
  }

  /** One entry of a list of tables, without the others. */
  tableAt(field: number, name: string, index: number): FlatTable | undefined {
    const at = this.entry(field, name, 4, index);
    return at === undefined ? undefined : this.tableFrom(at);
  }

  float32At(field: number, name: string, index: number): number | undefined {
    const at = this.entry(field, name, 4, index);
    return at === undefined ? undefined : this.buffer.view.getFloat32(at, true);
  }

  int64At(field: number, name: string, index: number): number | undefined {
    const at = this.entry(field, name, 8, index);
    return at === undefined ? undefined : Number(this.buffer.view.getBigInt64(at, true));
  }

  private tableFrom(at: number): FlatTable {
    return new FlatTable(this.buffer, at + this.uint32At(at));
  }

  private uint32At(at: number): number {
    return this.buffer.view.getUint32(at, true);
  }

  private place(field: number): number | undefined {
    const slot = 4 + 2 * field;
    if (slot + 2 > this.vtableBytes) return undefined;
    const offset = this.buffer.view.getUint16(this.vtable + slot, true);
    return offset === 0 ? undefined : this.position + offset;
  }

  private vector(field: number, name: string, width: number): { start: number; length: number } {
    const at = this.place(field);
    if (at === undefined) return { start: 0, length: 0 };
    const start = at + this.uint32At(at) + 4;
    const length = this.uint32At(start - 4);
    const most = Math.floor((this.buffer.view.byteLength - start) / width);
    if (length > most) this.buffer.refuse(`${name} would have ${length} entries, and the file ends after ${most}`);
    return { start, length };
  }

  private entry(field: number, name: string, width: number, index: number): number | undefined {
    const { start, length } = this.vector(field, name, width);
    return index < length ? start + index * width : undefined;
  }

  /** Entries of four bytes each. */
  private list<T>(field: number, name: string, most: number, read: (at: number) => T): T[] {
    const { start, length } = this.vector(field, name, 4);
    if (length > most) this.buffer.refuse(`${name} would have ${length} entries, more than ${most}`);
    this.spend(4 * length, name);
    return Array.from({ length }, (_, index) => read(start + 4 * index));
  }

  private spend(bytes: number, name: string): void {
    this.buffer.left -= bytes;
    if (this.buffer.left < 0) {
      this.buffer.refuse(`its lists would have more than ${MAX_LIST_BYTES} bytes, with ${name}`);
    }
  }
}
