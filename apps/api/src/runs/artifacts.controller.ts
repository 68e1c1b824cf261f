import { posix } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Controller, Inject, Param, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { ArtifactStore } from '#artifacts';
import { ArtifactNameSchema, ArtifactSchema, listOf, type Artifact } from '#contracts';
import { RunArtifactStore, RunStore, type RunArtifact } from '#persistence';
import { Endpoint } from '../http/endpoint.js';
import { HttpProblem, invalid } from '../http/problem.js';
import { ARTIFACTS } from '../platform/ports.js';
import { byteRange } from './byte-range.js';

const MEDIA_TYPES: Record<string, string> = {
  '.json': 'application/json',
  '.jsonl': 'application/jsonl',
  '.log': 'text/plain; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.yaml': 'application/yaml',
  '.csv': 'text/csv; charset=utf-8',
  '.png': 'image/png',
};

@Controller('runs/:id/artifacts')
export class ArtifactsController {
  constructor(
    private readonly runs: RunStore,
    private readonly index: RunArtifactStore,
    @Inject(ARTIFACTS) private readonly store: ArtifactStore,
  ) {}

  @Endpoint({ method: 'GET', summary: 'Files of a run', response: listOf(ArtifactSchema), problems: [404] })
  async list(@Param('id') id: string): Promise<{ items: Artifact[] }> {
    await this.runs.mustExist(id);
    const artifacts = await this.index.list(id);
    return { items: artifacts.map((artifact) => ({ ...artifact, href: hrefOf(id, artifact.name) })) };
  }

  @Endpoint({
    method: 'GET',
    path: '*name',
    summary: 'Download a file of a run; ranges are answered',
    stream: { type: 'application/octet-stream', description: 'The bytes; the ETag is their SHA-256' },
    problems: [404, 416],
  })
  async download(
    @Param('id') id: string,
    @Param('name') segments: string | string[],
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const name = [segments].flat().join('/');
    const legal = ArtifactNameSchema.safeParse(name);
    if (!legal.success) throw invalid([{ path: 'name', message: legal.error.issues[0].message }]);
    await this.runs.mustExist(id);
    const artifact = await this.index.find(id, name);
    if (artifact === undefined) {
      throw new HttpProblem(404, { type: 'not-found', detail: `run ${id} has no artifact named ${name}` });
    }
    await this.send(artifact, request, response);
  }

  private async send(artifact: RunArtifact, request: Request, response: Response): Promise<void> {
    const etag = `"${artifact.sha256}"`;
    response.set({
      etag,
      'accept-ranges': 'bytes',
      'content-type': MEDIA_TYPES[posix.extname(artifact.name)] ?? 'application/octet-stream',
      'content-disposition': `attachment; filename="${posix.basename(artifact.name)}"`,
      // The same name of the same run may come to hold other bytes: ask again, and be told by the ETag.
      'cache-control': 'private, no-cache',
    });
    if (request.headers['if-none-match']?.includes(etag) === true) return void response.status(304).end();
    const ifRange = request.headers['if-range'];
    const wanted = ifRange === undefined || ifRange === etag ? request.headers.range : undefined;
    const range = byteRange(wanted, artifact.size);
    if (range === 'unsatisfiable') {
      throw new HttpProblem(416, {
        detail: `the file has ${artifact.size} bytes`,
        headers: { 'content-range': `bytes */${artifact.size}` },
      });
    }
    const length = range === undefined ? artifact.size : range.end - range.start + 1;
    const bytes = request.method === 'HEAD' ? undefined : await this.store.get(artifact.sha256, range);
    if (range !== undefined) {
      response.status(206).set('content-range', `bytes ${range.start}-${range.end}/${artifact.size}`);
    }
    response.set('content-length', String(length));
    if (bytes === undefined) return void response.end();
    try {
      await pipeline(bytes, response);
    } catch (error) {
      // A client that went away half way is no failure of ours.
      if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
    }
  }
}

function hrefOf(runId: string, name: string): string {
  return `/api/v1/runs/${runId}/artifacts/${name.split('/').map(encodeURIComponent).join('/')}`;
}
