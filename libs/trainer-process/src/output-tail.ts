import { StringDecoder } from 'node:string_decoder';

const MAX_CHARACTERS = 4000;

/** The end of what a process printed: a native library's last words before it takes the process down with it. */
export class OutputTail {
  private tail = '';
  private readonly decoder = new StringDecoder('utf8');

  add(chunk: Buffer): void {
    this.tail = (this.tail + this.decoder.write(chunk)).slice(-MAX_CHARACTERS);
  }

  text(): string {
    return this.tail.trim();
  }
}
