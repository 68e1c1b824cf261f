import { Body, Controller, Headers, Param, Query, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import {
  ExperimentSchema,
  pageOf,
  parseSpec,
  parseSpecText,
  SpecSchema,
  StudySchema,
  type Experiment,
  type Page,
  type Spec,
  type Study,
} from '#contracts';
import { ExperimentStore, StudyStore } from '#persistence';
import { z } from 'zod';
import { Checked, jsonOnly } from '../http/checked.js';
import { Endpoint } from '../http/endpoint.js';
import { HttpProblem, invalid } from '../http/problem.js';

/** Media types of a YAML body; the API's text parser reads the same ones. */
export const YAML_TYPES = ['application/yaml', 'application/x-yaml', 'text/yaml'];

const ListExperimentsQuerySchema = z.strictObject({
  project: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(1000).optional(),
});

@Controller('experiments')
export class ExperimentsController {
  constructor(
    private readonly experiments: ExperimentStore,
    private readonly studies: StudyStore,
  ) {}

  @Endpoint({
    method: 'POST',
    summary: 'Submit an experiment',
    body: SpecSchema,
    bodyTypes: YAML_TYPES,
    headers: { 'Idempotency-Key': 'The same key in the same project submits once' },
    status: 201,
    response: ExperimentSchema,
    problems: [400, 413, 415],
  })
  async submit(
    @Body() body: unknown,
    @Headers('idempotency-key') key: string | undefined,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Experiment> {
    const spec = specOf(body, request.headers['content-type']);
    if (key !== undefined && !/^[\x21-\x7e]{1,200}$/.test(key)) {
      throw invalid([{ path: 'Idempotency-Key', message: 'must be 1 to 200 visible ASCII characters' }]);
    }
    const { experiment, created } = await this.experiments.submit({ spec, idempotencyKey: key });
    response.status(created ? 201 : 200).location(`/api/v1/experiments/${experiment.id}`);
    return experiment;
  }

  @Endpoint({
    method: 'GET',
    summary: 'Experiments, newest first',
    query: ListExperimentsQuerySchema,
    response: pageOf(ExperimentSchema),
  })
  list(
    @Query(new Checked(ListExperimentsQuerySchema)) query: z.output<typeof ListExperimentsQuerySchema>,
  ): Promise<Page<Experiment>> {
    return this.experiments.list(query);
  }

  @Endpoint({ method: 'GET', path: ':id', summary: 'One experiment', response: ExperimentSchema, problems: [404] })
  get(@Param('id') id: string): Promise<Experiment> {
    return this.experiments.get(id);
  }

  @Endpoint({
    method: 'GET',
    path: ':id/study',
    summary: 'What the arms of an experiment have found, with intervals, and what became of its claims',
    response: StudySchema,
    problems: [404],
  })
  study(@Param('id') id: string): Promise<Study> {
    return this.studies.get(id);
  }
}

/** The spec of a JSON or YAML body; in YAML every issue has its line. */
function specOf(body: unknown, contentType: string | undefined): Spec {
  if (body === undefined) throw jsonOnly(contentType, `application/json or ${YAML_TYPES[0]}`);
  const parsed = typeof body === 'string' ? parseSpecText(body) : parseSpec(body);
  if (parsed.ok) return parsed.spec;
  const syntax = parsed.issues.every((issue) => issue.path === '' && issue.line !== undefined);
  if (syntax) {
    throw new HttpProblem(400, { type: 'syntax', detail: 'the body is not YAML', errors: parsed.issues });
  }
  throw invalid(parsed.issues);
}
