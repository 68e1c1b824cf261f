import type { RunContext } from '#pipelines';
import { encodeChunk, encodeEntry, type OutputEntry, type OutputStore } from '#teacher-outputs';
import type { OutputLeases } from './output-leases.js';

type Chunk = Parameters<OutputStore['add']>[1];

/**
 * The outputs of this machine, of which the logits that this run computes become artifacts of the run, so that other
 * machines can bring them to their own cache; of runs on several machines that ask for the same, one computes. Features
 * stay here: they are a hundred times as large.
 */
export class SharedOutputs implements OutputStore {
  private readonly described = new Set<string>();

  constructor(
    private readonly local: OutputStore,
    private readonly context: Pick<RunContext, 'writeArtifact' | 'log'>,
    private readonly leases: Pick<OutputLeases, 'exclusively'>,
  ) {}

  read: OutputStore['read'] = (address, options) => this.local.read(address, options);

  /** The lease of this machine first, so that of its runs one asks the others. */
  exclusively: OutputStore['exclusively'] = (entry, work, options) => {
    if (!isShared(entry)) return this.local.exclusively(entry, work, options);
    const warn = (message: string) => this.context.log('warn', message);
    return this.local.exclusively(entry, () => this.leases.exclusively(entry.address, work, options, warn), options);
  };

  async add(entry: OutputEntry, chunk: Chunk): ReturnType<OutputStore['add']> {
    const stored = await this.local.add(entry, chunk);
    if (!isShared(entry)) return stored;
    const folder = `outputs/${entry.address}`;
    if (!this.described.has(entry.address)) {
      await this.context.writeArtifact('other', `${folder}/entry.json`, encodeEntry(entry));
      this.described.add(entry.address);
    }
    await this.context.writeArtifact('other', `${folder}/${stored.name}`, encodeChunk(chunk, entry.type));
    return stored;
  }
}

function isShared({ about }: OutputEntry): boolean {
  return about.output === 'logits';
}
