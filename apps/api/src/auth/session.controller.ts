import { Body, Controller, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { SessionBodySchema, SessionSchema, type Session } from '#contracts';
import type { z } from 'zod';
import { Checked } from '../http/checked.js';
import { Endpoint } from '../http/endpoint.js';
import { HttpProblem } from '../http/problem.js';
import { Settings } from '../platform/settings.js';
import { Authentication, SESSION_COOKIE } from './authentication.js';
import { SESSION_MS } from './session-token.js';

@Controller('session')
export class SessionController {
  constructor(
    private readonly authentication: Authentication,
    private readonly settings: Settings,
  ) {}

  @Endpoint({ method: 'GET', summary: 'Whether to sign in', response: SessionSchema })
  show(@Req() request: Request): Session {
    return {
      required: this.authentication.tokens !== undefined,
      authenticated: this.authentication.isAuthenticated(request),
    };
  }

  @Endpoint({ method: 'POST', summary: 'Sign a browser in by cookie', body: SessionBodySchema, problems: [401] })
  signIn(
    @Body(new Checked(SessionBodySchema)) body: z.output<typeof SessionBodySchema>,
    @Res({ passthrough: true }) response: Response,
  ): void {
    const { tokens } = this.authentication;
    if (tokens === undefined) return;
    if (!tokens.accepts(body.token)) {
      throw new HttpProblem(401, { type: 'unauthenticated', detail: 'this is not the token of this server' });
    }
    response.cookie(SESSION_COOKIE, tokens.issue(), { ...this.cookieOptions(), maxAge: SESSION_MS });
  }

  @Endpoint({ method: 'DELETE', summary: 'Sign a browser out' })
  signOut(@Res({ passthrough: true }) response: Response): void {
    response.clearCookie(SESSION_COOKIE, this.cookieOptions());
  }

  private cookieOptions() {
    const secure = this.settings.config.publicOrigin.startsWith('https:');
    return { httpOnly: true, sameSite: 'strict', path: '/', secure } as const;
  }
}
