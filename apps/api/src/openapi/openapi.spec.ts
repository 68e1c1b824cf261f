import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApi, type TestApi } from '../../../../test/api.js';
import { ROUTES } from '../api.module.js';
import { openApiDocument } from './openapi-document.js';

const committed = path.resolve(import.meta.dirname, '../../../../docs/openapi.json');
type Json = Record<string, unknown>;
const document = openApiDocument(ROUTES) as unknown as {
  paths: Record<string, Record<string, { operationId: string; parameters?: { name: string; in: string }[] }>>;
  components: { schemas: Json };
};

describe('the OpenAPI document', () => {
  it('is the committed one: after a change, "npm run openapi" writes it', () => {
    expect(JSON.parse(readFileSync(committed, 'utf8'))).toEqual(JSON.parse(JSON.stringify(document)));
  });

  it('refers to nothing that it does not hold', () => {
    const names = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference]) => reference);
    const held = Object.keys(document.components.schemas).map((name) => `#/components/schemas/${name}`);
    expect(names.length).toBeGreaterThan(50);
    expect(names.filter((name) => !held.includes(name))).toEqual([]);
  });

  it('gives each operation a name of its own', () => {
    const ids = Object.values(document.paths).flatMap((methods) =>
      Object.values(methods).map((each) => each.operationId),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('lists the parameters of a path and of a query', () => {
    const parameters = (at: string) => document.paths[at].get.parameters?.map((each) => `${each.in} ${each.name}`);
    expect(parameters('/api/v1/runs/{id}/artifacts/{name}')).toEqual(['path id', 'path name']);
    expect(parameters('/api/v1/runs')).toEqual(
      ['state', 'pipeline', 'project', 'experiment', 'search', 'sort', 'order', 'limit', 'cursor'].map(
        (name) => `query ${name}`,
      ),
    );
  });

  it('lets a client leave out what has a default, and promises it in answers', () => {
    const { SpecInput, Spec, TransferSpecInput, TransferSpec } = document.components.schemas as Record<string, Json>;
    expect(SpecInput.oneOf).toHaveLength(3);
    expect(Spec.oneOf).toHaveLength(3);
    expect(TransferSpecInput.required).toEqual(['name', 'dataset', 'pipeline', 'backbone']);
    expect(TransferSpec.required).toEqual(expect.arrayContaining(['training', 'seeds', 'resources']));
  });
});

describe('a running api', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startTestApi();
  });
  afterAll(() => api.close());

  it('serves the document', async () => {
    const response = await fetch(`${api.url}/api/openapi.json`);
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    expect(await response.json()).toEqual(JSON.parse(JSON.stringify(document)));
  });

  it('serves a page of it that loads from this origin alone, as its Content-Security-Policy asks', async () => {
    const response = await fetch(`${api.url}/api/docs`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-security-policy')).toContain("script-src 'self'");
    const page = await response.text();
    const scripts = [...page.matchAll(/<script([^>]*)>([\s\S]*?)<\/script>/g)];
    expect(scripts.length).toBeGreaterThan(0);
    for (const [, attributes, inline] of scripts) {
      expect(inline.trim()).toBe('');
      const source = /src="([^"]+)"/.exec(attributes)?.[1] ?? '';
      const script = await fetch(new URL(source, `${api.url}/api/docs`));
      expect(script.status).toBe(200);
      expect(script.headers.get('content-type')).toMatch(/javascript/);
    }
    expect(page).not.toMatch(/(src|href)=["'](https?:)?\/\//);
  });
});
