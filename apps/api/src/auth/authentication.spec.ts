import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApi, type TestApi } from '../../../../test/api.js';
import { HandClock } from '../../../../test/hand-clock.js';
import { logistic } from '../../../../test/specs.js';
import { SESSION_MS, SessionTokens } from './session-token.js';

const token = 'correct-horse-battery-staple';

describe('an api with a token', () => {
  let api: TestApi;
  const clock = new HandClock(new Date('2027-01-10T00:00:00Z'));
  beforeAll(async () => {
    api = await startTestApi({ clock, env: { DISTILLERY_TOKEN: token } });
  });
  afterAll(() => api.close());

  const signIn = async (given: string) => {
    const answer = await api.send('POST', 'session', { token: given });
    return { answer, cookie: answer.headers.get('set-cookie') ?? '' };
  };
  const session = (cookie: string) => api.get('session', { cookie: cookie.split(';')[0] });

  it.each(['runs', 'events', 'experiments', 'nothing-here'])('refuses %s to one who has none', async (path) => {
    const answer = await api.get(path);
    expect(answer).toMatchObject({ status: 401, body: { type: 'urn:distillery:problem:unauthenticated' } });
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
  });

  it('reads no body of one who has none', async () => {
    const answer = await api.send('POST', 'experiments', '{broken', { 'content-type': 'application/json' });
    expect(answer.status).toBe(401);
  });

  it('accepts the token as a bearer, and no other', async () => {
    expect((await api.get('runs', { authorization: `Bearer ${token}` })).status).toBe(200);
    expect((await api.send('POST', 'experiments', logistic, { authorization: `bearer ${token}` })).status).toBe(201);
    for (const wrong of [`${token}x`, token.slice(1), '', 'null']) {
      expect((await api.get('runs', { authorization: `Bearer ${wrong}` })).status).toBe(401);
    }
    expect((await api.get('runs', { authorization: token })).status).toBe(401);
  });

  it('signs a browser in by a cookie that scripts cannot read and other sites cannot send', async () => {
    expect(await api.get('session')).toMatchObject({ body: { required: true, authenticated: false } });
    const { answer, cookie } = await signIn(token);
    expect(answer.status).toBe(204);
    expect(cookie).toMatch(/^distillery_session=[\w.-]+;.*HttpOnly.*SameSite=Strict/i);
    expect(cookie).not.toContain(token);
    expect(await session(cookie)).toMatchObject({ body: { required: true, authenticated: true } });
    expect((await api.get('runs', { cookie: `theme=dark; ${cookie.split(';')[0]}` })).status).toBe(200);
  });

  it('does not sign in with another token, or an altered or old cookie', async () => {
    const wrong = await signIn('not-the-token');
    expect(wrong).toMatchObject({ answer: { status: 401 }, cookie: '' });
    const { cookie } = await signIn(token);
    const value = cookie.split(';')[0];
    const [expires, signature] = value.split('=')[1].split('.');
    const altered = [`${Number(expires) + 1}.${signature}`, `${expires}.${signature}x`, expires, '', 'NaN.x'];
    for (const each of altered) {
      expect((await api.get('runs', { cookie: `distillery_session=${each}` })).status).toBe(401);
    }
    clock.set(new Date(clock.now().getTime() + SESSION_MS + 1).toISOString());
    expect((await api.get('runs', { cookie: value })).status).toBe(401);
  });

  it('signs a browser out', async () => {
    const answer = await api.send('DELETE', 'session');
    expect(answer.status).toBe(204);
    expect(answer.headers.get('set-cookie')).toMatch(/^distillery_session=;.*Expires=Thu, 01 Jan 1970/);
  });

  it('answers health, documents and any host name without it', async () => {
    expect((await fetch(`${api.url}/health/live`)).status).toBe(200);
    expect((await fetch(`${api.url}/api/openapi.json`)).status).toBe(200);
  });
});

it('an api without a token asks for none', async () => {
  const api = await startTestApi();
  try {
    expect(await api.get('session')).toMatchObject({ body: { required: false, authenticated: true } });
    expect((await api.send('POST', 'session', { token: 'whatever' })).status).toBe(204);
  } finally {
    await api.close();
  }
});

describe('a session', () => {
  it('ends with the token that it was signed with', () => {
    const now = () => 1_000_000;
    const cookie = new SessionTokens('one-token-of-many', now).issue();
    expect(new SessionTokens('one-token-of-many', now).acceptsCookie(cookie)).toBe(true);
    expect(new SessionTokens('another-token-of-many', now).acceptsCookie(cookie)).toBe(false);
  });
});
