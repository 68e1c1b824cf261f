// Writes docs/openapi.json, the API as the controllers and the contracts' schemas describe it: npm run openapi
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { format } from 'prettier';
import 'reflect-metadata';

const root = path.resolve(import.meta.dirname, '..');
const api = path.join(root, 'dist/apps/api/src');
const { ROUTES } = await import(path.join(api, 'api.module.js'));
const { openApiDocument } = await import(path.join(api, 'openapi/openapi-document.js'));
const style = JSON.parse(readFileSync(path.join(root, '.prettierrc'), 'utf8'));
writeFileSync(
  path.join(root, 'docs/openapi.json'),
  await format(JSON.stringify(openApiDocument(ROUTES)), { ...style, parser: 'json' }),
);
