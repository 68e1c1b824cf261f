import { STATUS_CODES } from 'node:http';
import { PATH_METADATA } from '@nestjs/common/constants.js';
import type { Type } from '@nestjs/common';
import type { OpenAPIObject } from '@nestjs/swagger';
import { ProblemSchema } from '#contracts';
import { ENDPOINT, type EndpointDescription } from '../http/endpoint.js';
import { SchemaComponents, type JsonSchema } from './schema-components.js';

/** Controllers, by the path that they are below. */
export type Routes = Record<string, readonly Type<unknown>[]>;

const PROBLEM = 'application/problem+json';

/** The OpenAPI document of these controllers, made of their endpoints' descriptions and the contracts' schemas. */
export function openApiDocument(routes: Routes): OpenAPIObject {
  const components = new SchemaComponents();
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [prefix, controllers] of Object.entries(routes)) {
    for (const controller of controllers) {
      for (const { name, endpoint } of endpointsOf(controller)) {
        const route = [prefix, Reflect.getMetadata(PATH_METADATA, controller) as string, endpoint.path ?? ''];
        const path = route.join('/').replace(/\/+/g, '/').replace(/\/$/, '');
        const tag = controller.name.replace(/Controller$/, '').toLowerCase();
        const template = path.replace(/[:*](\w+)/g, '{$1}');
        paths[template] ??= {};
        paths[template][endpoint.method.toLowerCase()] = {
          operationId: `${tag}.${name}`,
          tags: [tag],
          summary: endpoint.summary,
          ...request(path, endpoint, components),
          responses: responses(endpoint, components, prefix !== ''),
          ...(tag === 'health' || tag === 'session' ? { security: [] } : {}),
        };
      }
    }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Distillery',
      version: '1',
      description:
        'Experiments in knowledge transfer, as a queue of runs. Times are ISO 8601 in UTC, durations milliseconds. ' +
        'Every refusal is a problem document (RFC 9457) that lists each failing field.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    paths: Object.fromEntries(Object.entries(paths).sort(([a], [b]) => (a < b ? -1 : 1))),
    // Where no token is set, neither is asked for.
    security: [{ token: [] }, { session: [] }, {}],
    components: {
      schemas: components.schemas,
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer' },
        session: { type: 'apiKey', in: 'cookie', name: 'distillery_session' },
      },
    },
  } as unknown as OpenAPIObject;
}

function endpointsOf(controller: Type<unknown>): { name: string; endpoint: EndpointDescription }[] {
  const prototype = controller.prototype as Record<string, unknown>;
  return Object.getOwnPropertyNames(prototype).flatMap((name) => {
    const method = prototype[name];
    if (name === 'constructor' || typeof method !== 'function') return [];
    const endpoint = Reflect.getMetadata(ENDPOINT, method) as EndpointDescription | undefined;
    return endpoint === undefined ? [] : [{ name, endpoint }];
  });
}

function request(path: string, endpoint: EndpointDescription, components: SchemaComponents): JsonSchema {
  const inPath = [...path.matchAll(/[:*](\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  const inQuery = Object.entries(endpoint.query?.shape ?? {}).map(([name, field]) => ({
    name,
    in: 'query',
    required: !field.safeParse(undefined).success,
    schema: components.schemaOf(field, 'input'),
  }));
  const inHeaders = Object.entries(endpoint.headers ?? {}).map(([name, description]) => ({
    name,
    in: 'header',
    description,
    schema: { type: 'string' },
  }));
  const parameters = [...inPath, ...inQuery, ...inHeaders];
  const described = parameters.length === 0 ? {} : { parameters };
  if (endpoint.body === undefined) return described;
  const schema = components.schemaOf(endpoint.body, 'input');
  const types = ['application/json', ...(endpoint.bodyTypes ?? [])];
  return {
    ...described,
    requestBody: { required: true, content: Object.fromEntries(types.map((type) => [type, { schema }])) },
  };
}

function responses(endpoint: EndpointDescription, components: SchemaComponents, guarded: boolean): JsonSchema {
  const problem = components.schemaOf(ProblemSchema, 'output');
  const status = endpoint.status ?? ((endpoint.response ?? endpoint.stream) ? 200 : 204);
  const checksInput = endpoint.query !== undefined || endpoint.body !== undefined;
  const refusals = [...(guarded ? [401] : []), ...(checksInput ? [422] : []), ...(endpoint.problems ?? []), 500];
  return Object.fromEntries([
    [status, answer(endpoint, components)],
    ...[...new Set(refusals)]
      .sort((a, b) => a - b)
      .map((code) => [code, { description: STATUS_CODES[code], content: { [PROBLEM]: { schema: problem } } }]),
  ]) as JsonSchema;
}

function answer({ response, stream }: EndpointDescription, components: SchemaComponents): JsonSchema {
  const schema = response === undefined ? undefined : components.schemaOf(response, 'output');
  if (stream !== undefined) {
    const bytes = { type: 'string', contentMediaType: stream.type };
    return { description: stream.description, content: { [stream.type]: { schema: schema ?? bytes } } };
  }
  if (schema === undefined) return { description: 'Done' };
  return { description: 'OK', content: { 'application/json': { schema } } };
}
