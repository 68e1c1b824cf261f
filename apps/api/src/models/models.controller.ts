import { Body, Controller, Param } from '@nestjs/common';
import {
  AliasBodySchema,
  listOf,
  ModelVersionBodySchema,
  ModelVersionSchema,
  SlugSchema,
  type ModelVersion,
} from '#contracts';
import { ModelRegistry } from '#persistence';
import type { z } from 'zod';
import { Checked } from '../http/checked.js';
import { Endpoint } from '../http/endpoint.js';

@Controller('models')
export class ModelsController {
  constructor(private readonly registry: ModelRegistry) {}

  @Endpoint({ method: 'GET', summary: 'Versions of registered models', response: listOf(ModelVersionSchema) })
  async list(): Promise<{ items: ModelVersion[] }> {
    return { items: await this.registry.list() };
  }

  @Endpoint({
    method: 'GET',
    path: ':name',
    summary: 'Versions of one model, newest first',
    response: listOf(ModelVersionSchema),
    problems: [404],
  })
  async get(@Param('name') name: string): Promise<{ items: ModelVersion[] }> {
    return { items: await this.registry.get(name) };
  }

  @Endpoint({
    method: 'POST',
    summary: 'Register the model of a completed run as the next version',
    body: ModelVersionBodySchema,
    status: 201,
    response: ModelVersionSchema,
    problems: [409],
  })
  register(
    @Body(new Checked(ModelVersionBodySchema)) body: z.output<typeof ModelVersionBodySchema>,
  ): Promise<ModelVersion> {
    return this.registry.register(body);
  }

  @Endpoint({
    method: 'PUT',
    path: ':name/aliases/:alias',
    summary: 'Point an alias to a version',
    body: AliasBodySchema,
    response: ModelVersionSchema,
    problems: [404],
  })
  setAlias(
    @Param('name') name: string,
    @Param('alias', new Checked(SlugSchema)) alias: string,
    @Body(new Checked(AliasBodySchema)) body: z.output<typeof AliasBodySchema>,
  ): Promise<ModelVersion> {
    return this.registry.setAlias(name, alias, body.version);
  }

  @Endpoint({ method: 'DELETE', path: ':name/aliases/:alias', summary: 'Remove an alias', problems: [404] })
  async removeAlias(@Param('name') name: string, @Param('alias') alias: string): Promise<void> {
    await this.registry.removeAlias(name, alias);
  }
}
