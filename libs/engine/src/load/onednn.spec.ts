import { describe, expect, it } from 'vitest';
import { setOneDnn } from './onednn.js';

describe('setOneDnn', () => {
  it.each([
    ['turns oneDNN on where nobody said otherwise', undefined, 'x64', '1', true],
    ['leaves it off where the user turned it off', '0', 'x64', '0', false],
    ['knows the other word for off', 'False', 'x64', 'False', false],
    ['leaves it to TensorFlow on arm64', undefined, 'arm64', undefined, undefined],
    ['does what the user says on arm64', 'true', 'arm64', 'true', true],
    ['leaves a word that TensorFlow does not know to TensorFlow', 'maybe', 'x64', 'maybe', undefined],
  ])('%s', (_, before, arch, after, used) => {
    const env: NodeJS.ProcessEnv = before === undefined ? {} : { TF_ENABLE_ONEDNN_OPTS: before };
    expect(setOneDnn(env, arch)).toBe(used);
    expect(env.TF_ENABLE_ONEDNN_OPTS).toBe(after);
  });
});
