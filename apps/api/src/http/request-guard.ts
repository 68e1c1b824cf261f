import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { isLoopback, type Config } from '#config';
import { HttpProblem } from './problem.js';

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Keeps other sites' pages, open in a browser of this machine, from using the API.
 * - Without a token, only names of this machine (or the public origin) are answered: a page whose own name was made to
 *   point here (DNS rebinding) still sends that name as Host.
 * - What changes something must come from our own pages or from no page at all: browsers name the page's Origin.
 */
export function requestGuard(config: Pick<Config, 'token' | 'publicOrigin'>): RequestHandler {
  const publicHost = new URL(config.publicOrigin).host;
  return (request: Request, _response: Response, next: NextFunction) => {
    const host = request.headers.host?.toLowerCase() ?? '';
    if (config.token === undefined && host !== publicHost && !isLoopback(hostName(host))) {
      const detail = `the host ${host === '' ? '(none)' : host} is not one of this server's: set PUBLIC_ORIGIN to the address that people use`;
      return next(new HttpProblem(421, { type: 'host', detail }));
    }
    if (!SAFE_METHODS.has(request.method) && isForeign(request, host, config.publicOrigin)) {
      const detail = `requests of pages of ${request.headers.origin ?? 'another site'} are refused`;
      return next(new HttpProblem(403, { type: 'origin', detail }));
    }
    next();
  };
}

function isForeign(request: Request, host: string, publicOrigin: string): boolean {
  const { origin } = request.headers;
  if (origin === undefined) return request.headers['sec-fetch-site'] === 'cross-site';
  if (origin === publicOrigin) return false;
  return !URL.canParse(origin) || new URL(origin).host !== host;
}

/** Of `name:port` and `[address]:port`. */
function hostName(host: string): string {
  const name = host.replace(/:\d+$/, '');
  return name.startsWith('[') && name.endsWith(']') ? name.slice(1, -1) : name;
}
