import { UserError } from '#contracts';
import { readSafetensors, writeSafetensors, type Safetensors } from '#models';
import type { Checkpoint } from '../run-context.js';
import { stateHash } from './state-hash.js';

const FORMAT = 'distillery-checkpoint/1';

/** A checkpoint as one safetensors file, its position and a checksum in the metadata. */
export function writeCheckpoint({ state, position }: Checkpoint): Uint8Array {
  return writeSafetensors(state, {
    format: FORMAT,
    position: JSON.stringify(position),
    sha256: checksum(state, JSON.stringify(position)),
  });
}

/**
 * Reads `writeCheckpoint`'s bytes or file.
 * @throws UserError where the file is missing, damaged or something else than a checkpoint
 */
export async function readCheckpoint(source: Uint8Array | string): Promise<Checkpoint> {
  return checkpointIn(await readSafetensors(source), typeof source === 'string' ? source : 'the file');
}

/** Whether a file of tensors is a checkpoint, of whatever it may be. */
export function isCheckpoint({ metadata }: Pick<Safetensors, 'metadata'>): boolean {
  return metadata.format === FORMAT;
}

/**
 * As `readCheckpoint`, of what a file holds.
 * @param file what it is called in errors
 */
export function checkpointIn({ tensors: state, metadata }: Safetensors, file: string): Checkpoint {
  if (!isCheckpoint({ metadata }) || metadata.position === undefined) {
    throw new UserError(`${file} holds tensors, but is no checkpoint that this version can continue from`, {
      remedy: 'Give a checkpoint.safetensors that a run of this version has written, or start anew.',
    });
  }
  if (metadata.sha256 !== checksum(state, metadata.position)) {
    throw new UserError(`the checkpoint ${file} is damaged: its checksum does not fit its content`, {
      remedy: 'Use an earlier copy of it, or start anew.',
    });
  }
  return { state, position: JSON.parse(metadata.position) as Record<string, unknown> };
}

function checksum(state: Checkpoint['state'], position: string): string {
  return stateHash({ ...state, [position]: { shape: [0], values: new Float32Array(0) } });
}
