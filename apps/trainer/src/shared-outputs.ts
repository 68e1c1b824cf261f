import type { RunContext } from '#pipelines';
import { encodeChunk, encodeEntry, type OutputEntry, type OutputStore } from '#teacher-outputs';

type Chunk = Parameters<OutputStore['add']>[1];

/**
 * The outputs of this machine, of which the logits that this run computes become artifacts of the run: other machines
 * bring them to their own cache before they train a student of the same teacher. Features stay here: they are a hundred
 * times as large.
 */
export class SharedOutputs implements OutputStore {
  private readonly described = new Set<string>();

  constructor(
    private readonly local: OutputStore,
    private readonly context: Pick<RunContext, 'writeArtifact'>,
  ) {}

  read: OutputStore['read'] = (address, options) => this.local.read(address, options);

  exclusively: OutputStore['exclusively'] = (address, work, options) => this.local.exclusively(address, work, options);

  async add(entry: OutputEntry, chunk: Chunk): ReturnType<OutputStore['add']> {
    const stored = await this.local.add(entry, chunk);
    if (entry.about.output !== 'logits') return stored;
    const folder = `outputs/${entry.address}`;
    if (!this.described.has(entry.address)) {
      await this.context.writeArtifact('other', `${folder}/entry.json`, encodeEntry(entry));
      this.described.add(entry.address);
    }
    await this.context.writeArtifact('other', `${folder}/${stored.name}`, encodeChunk(chunk, entry.type));
    return stored;
  }
}
