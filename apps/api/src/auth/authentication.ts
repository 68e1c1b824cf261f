import { Injectable } from '@nestjs/common';
import type { Request, RequestHandler } from 'express';
import { HttpProblem } from '../http/problem.js';
import { Settings } from '../platform/settings.js';
import { SessionTokens } from './session-token.js';

export const SESSION_COOKIE = 'distillery_session';

/** Who may use the API: everybody on this machine where no token is set, else who has the token or a session. */
@Injectable()
export class Authentication {
  readonly tokens: SessionTokens | undefined;

  constructor(settings: Settings) {
    const { token } = settings.config;
    this.tokens = token === undefined ? undefined : new SessionTokens(token, () => settings.clock.now().getTime());
  }

  isAuthenticated(request: Request): boolean {
    if (this.tokens === undefined) return true;
    const bearer = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (bearer !== undefined) return this.tokens.accepts(bearer);
    const cookie = cookieOf(request, SESSION_COOKIE);
    return cookie !== undefined && this.tokens.acceptsCookie(cookie);
  }

  /** In front of everything below /api/v1 except the session itself. */
  guard(): RequestHandler {
    return (request, _response, next) => {
      if (request.path === '/session' || this.isAuthenticated(request)) return next();
      const detail = 'send the token as "Authorization: Bearer TOKEN", or sign in on the dashboard';
      const headers = { 'www-authenticate': 'Bearer realm="distillery"' };
      next(new HttpProblem(401, { type: 'unauthenticated', detail, headers }));
    };
  }
}

function cookieOf(request: Request, name: string): string | undefined {
  for (const part of (request.headers.cookie ?? '').split(';')) {
    const [key, ...value] = part.split('=');
    if (key.trim() === name) return value.join('=').trim();
  }
  return undefined;
}
