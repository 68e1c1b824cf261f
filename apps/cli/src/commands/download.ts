import { createWriteStream } from 'node:fs';
import { createHash } from 'node:crypto';
import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ArtifactNameSchema, ArtifactSchema, listOf, type Artifact } from '#contracts';
import type { Command } from 'commander';
import type { ApiClient } from '../client/api-client.js';
import { findRun } from '../client/find-run.js';
import { CliError } from '../cli-error.js';
import { connect, type Context } from '../context.js';
import { serverOptions, type ServerOptions } from '../options.js';
import { progressDisplay } from '../terminal/progress-display.js';
import { bytes } from '../terminal/units.js';

interface DownloadOptions extends ServerOptions {
  out?: string;
}

export function downloadCommand(program: Command, context: () => Context): void {
  serverOptions(program.command('download <run> [name]'))
    .description('download the artifacts of a run, or the one of this name (or all below it, such as "model")')
    .option('--out <dir>', "folder to write to (default: the run's id)")
    .action((reference: string, name: string | undefined, options: DownloadOptions) =>
      download(context(), reference, name, options),
    );
}

async function download(context: Context, reference: string, name: string | undefined, options: DownloadOptions) {
  const { terminal } = context;
  const client = await connect(context, options.url);
  const run = await findRun(client, reference);
  const all = (await client.get(`runs/${run.id}/artifacts`, listOf(ArtifactSchema))).items;
  const chosen =
    name === undefined ? all : all.filter((each) => each.name === name || each.name.startsWith(`${name}/`));
  if (chosen.length === 0) {
    const names = all.map((each) => each.name).join(', ');
    throw new CliError(
      name === undefined ? `run ${run.id} has no artifacts yet` : `run ${run.id} has no artifact "${name}"`,
      {
        remedy: names === '' ? undefined : `it has: ${names}`,
      },
    );
  }
  const folder = path.resolve(options.out ?? run.id);
  const display = progressDisplay(terminal);
  const files = [];
  for (const artifact of chosen) {
    const file = await fetchArtifact(client, artifact, folder, (fraction) =>
      display.update(artifact.name, { fraction, detail: bytes(artifact.size) }),
    );
    display.finish(artifact.name);
    files.push({ ...artifact, file });
    if (!options.json) terminal.print(file);
  }
  display.stop();
  if (options.json) terminal.json(files);
}

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
