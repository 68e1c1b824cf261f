import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ArtifactNameSchema, type Artifact } from '#contracts';
import { CliError } from '../cli-error.js';
import type { ApiClient } from './api-client.js';

/** Downloads one artifact below a folder; appears under its name once its SHA-256 was found right. */
export async function fetchArtifact(
  client: ApiClient,
  artifact: Artifact,
  folder: string,
  onProgress: (fraction: number) => void = () => {},
): Promise<string> {
  const file = path.join(folder, ArtifactNameSchema.parse(artifact.name));
  await mkdir(path.dirname(file), { recursive: true });
  const half = `${file}.${process.pid}.part`;
  const hash = createHash('sha256');
  let received = 0;
  const measure = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      received += chunk.length;
      onProgress(artifact.size === 0 ? 1 : Math.min(1, received / artifact.size));
      done(null, chunk);
    },
  });
  try {
    const response = await client.download(artifact.href);
    await pipeline(Readable.fromWeb(response.body!), measure, createWriteStream(half));
    if (hash.digest('hex') !== artifact.sha256) {
      throw new CliError(`${artifact.name} arrived damaged: its SHA-256 is not ${artifact.sha256}`, {
        remedy: 'try again',
      });
    }
    await rename(half, file);
  } finally {
    await rm(half, { force: true });
  }
  return file;
}
