import { existsSync } from 'node:fs';
import path from 'node:path';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NextFunction, Request, Response } from 'express';

/** Paths that are never a page of the dashboard. */
const NOT_A_PAGE = /^\/(api|health|metrics|assets)(\/|$)/;

/**
 * Serves the built dashboard. Its assets carry a hash in their names and are kept for good; everything else is asked for
 * again each time. A path that names no file is a page that the dashboard knows, so it is answered with the one page
 * there is. Returns false where no dashboard is built.
 */
export function serveDashboard(app: NestExpressApplication, folder: string): boolean {
  const page = path.join(folder, 'index.html');
  if (!existsSync(page)) return false;
  const assets = path.join(folder, 'assets') + path.sep;
  app.useStaticAssets(folder, {
    redirect: false,
    setHeaders: (response: Response, file: string) => {
      const kept = file.startsWith(assets) ? 'public, max-age=31536000, immutable' : 'no-cache';
      response.setHeader('cache-control', kept);
    },
  });
  app.use((request: Request, response: Response, next: NextFunction) => {
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (!isRead || NOT_A_PAGE.test(request.path) || path.extname(request.path) !== '') return next();
    if (request.accepts('html') === false) return next();
    response.sendFile(page, { headers: { 'cache-control': 'no-cache' } }, (error?: Error) => {
      if (error !== undefined && !response.headersSent) next(error);
    });
  });
  return true;
}
