import type { NestExpressApplication } from '@nestjs/platform-express';
import { SwaggerModule } from '@nestjs/swagger';
import { openApiDocument, type Routes } from './openapi-document.js';

/** The document at /api/openapi.json and a page to read and try it at /api/docs, both from this origin alone. */
export function serveOpenApi(app: NestExpressApplication, routes: Routes): void {
  SwaggerModule.setup('api/docs', app, () => openApiDocument(routes), {
    jsonDocumentUrl: 'api/openapi.json',
    raw: ['json'],
    customSiteTitle: 'Distillery API',
    customfavIcon: '/favicon.svg',
    customCss: '.swagger-ui .topbar { display: none }',
  });
}
