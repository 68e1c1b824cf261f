import { describe, expect, it } from 'vitest';
import { writeSafetensors } from '#models';
import { readCheckpoint, writeCheckpoint } from './checkpoint-file.js';

const checkpoint = {
  state: { 'fc.weight': { shape: [2, 2], values: Float32Array.of(1, -2, 3.5, 0) } },
  position: { step: 7, validation: { top1: 0.1 }, identity: 'abc' },
};

describe('a checkpoint file', () => {
  it('gives back state and position', async () => {
    expect(await readCheckpoint(writeCheckpoint(checkpoint))).toEqual(checkpoint);
  });

  it('gives back an empty state', async () => {
    const empty = { state: {}, position: { step: 0 } };
    expect(await readCheckpoint(writeCheckpoint(empty))).toEqual(empty);
  });

  it('is the same bytes for the same checkpoint', () => {
    expect(writeCheckpoint(structuredClone(checkpoint))).toEqual(writeCheckpoint(checkpoint));
  });

  it('is refused in words where any byte of its data or its end is damaged', async () => {
    const bytes = writeCheckpoint(checkpoint);
    const flipped = bytes.slice();
    flipped[bytes.length - 3] ^= 1;
    await expect(readCheckpoint(flipped)).rejects.toThrow('is damaged: its checksum does not fit its content');
    await expect(readCheckpoint(bytes.subarray(0, bytes.length - 4))).rejects.toThrow('not a usable safetensors file');
    await expect(readCheckpoint(new Uint8Array(3))).rejects.toMatchObject({ name: 'UserError' });
  });

  it('is refused where its position was changed', async () => {
    const text = Buffer.from(writeCheckpoint(checkpoint)).toString('latin1').replace('step\\":7', 'step\\":8');
    await expect(readCheckpoint(Buffer.from(text, 'latin1'))).rejects.toThrow('is damaged');
  });

  it('is told from other tensors, and from a file that is not there', async () => {
    await expect(readCheckpoint(writeSafetensors(checkpoint.state))).rejects.toThrow('is no checkpoint');
    await expect(readCheckpoint('/nowhere/checkpoint.safetensors')).rejects.toThrow('/nowhere/checkpoint.safetensors');
  });
});
