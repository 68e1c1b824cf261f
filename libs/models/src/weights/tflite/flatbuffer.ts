/**
 * A table of a FlatBuffer (https://flatbuffers.dev/internals): fields by number, any of which may be absent. Every offset
 * is checked against the buffer before it is followed; what lies outside throws a RangeError.
 */
export class FlatTable {
  private readonly vtable: number;
  private readonly vtableBytes: number;

  constructor(
    private readonly view: DataView,
    private readonly position: number,
  ) {
    this.vtable = position - view.getInt32(position, true);
    this.vtableBytes = view.getUint16(this.vtable, true);
  }

  static root(bytes: Uint8Array): FlatTable {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return new FlatTable(view, view.getUint32(0, true));
  }

  int8 = (field: number): number => this.scalar(field, 0, (at) => this.view.getInt8(at));
  int32 = (field: number): number => this.scalar(field, 0, (at) => this.view.getInt32(at, true));
  uint32 = (field: number): number => this.scalar(field, 0, (at) => this.view.getUint32(at, true));

  table(field: number): FlatTable | undefined {
    return this.scalar(field, undefined, (at) => new FlatTable(this.view, at + this.view.getUint32(at, true)));
  }

  text(field: number): string {
    return Buffer.from(this.bytes(field)).toString('utf8');
  }

  /** Bytes of the buffer itself, not a copy. */
  bytes(field: number): Uint8Array {
    const { start, length } = this.vector(field, 1);
    return new Uint8Array(this.view.buffer, this.view.byteOffset + start, length);
  }

  int32s = (field: number): number[] => this.list(field, 4, (at) => this.view.getInt32(at, true));
  float32s = (field: number): number[] => this.list(field, 4, (at) => this.view.getFloat32(at, true));
  int64s = (field: number): number[] => this.list(field, 8, (at) => Number(this.view.getBigInt64(at, true)));
  tables = (field: number): FlatTable[] =>
    this.list(field, 4, (at) => new FlatTable(this.view, at + this.view.getUint32(at, true)));

  private scalar<T>(field: number, absent: T, read: (at: number) => T): T {
    const at = this.place(field);
    return at === undefined ? absent : read(at);
  }

  private place(field: number): number | undefined {
    const slot = 4 + 2 * field;
    if (slot + 2 > this.vtableBytes) return undefined;
    const offset = this.view.getUint16(this.vtable + slot, true);
    return offset === 0 ? undefined : this.position + offset;
  }

  private vector(field: number, width: number): { start: number; length: number } {
    const at = this.place(field);
    if (at === undefined) return { start: 0, length: 0 };
    const vector = at + this.view.getUint32(at, true);
    const length = this.view.getUint32(vector, true);
    if (length * width > this.view.byteLength - vector - 4) throw new RangeError('a vector reaches beyond the buffer');
    return { start: vector + 4, length };
  }

  private list<T>(field: number, width: number, read: (at: number) => T): T[] {
    const { start, length } = this.vector(field, width);
    return Array.from({ length }, (_, index) => read(start + index * width));
  }
}
